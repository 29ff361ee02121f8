"""Git: a mirror per repository, a worktree per ticket, and pushes that lose nobody's commits."""
