"""The agent: a loop around the model, its tools and its memory."""
