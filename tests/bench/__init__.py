"""The benchmarks: the figures in the README, measured against the hub with real processes, both sides in one run."""
