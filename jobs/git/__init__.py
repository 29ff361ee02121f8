"""Git: a mirror per repository, a worktree per ticket, and pushes that never force."""
