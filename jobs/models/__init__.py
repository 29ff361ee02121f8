"""Models: the gateway to the language model and what its calls cost."""
