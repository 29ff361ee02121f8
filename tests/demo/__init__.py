"""The demo: an issue whose card is moved becomes a pull request with green checks, on this machine, as you watch."""
