"""Chaos: tickets worked while everything around them breaks, and an independent look at what became of them."""
