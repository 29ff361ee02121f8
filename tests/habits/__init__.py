"""The habits of the project: what is generated is fresh, what is imported is allowed, what is used is pinned."""
