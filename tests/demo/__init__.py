"""The demo: a labelled issue becomes a pull request with green checks, on this machine, before your eyes."""
