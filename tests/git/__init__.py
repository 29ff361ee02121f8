"""The git part against real git: mirrors, worktrees, pushes over HTTP, attacks from inside a worktree."""
