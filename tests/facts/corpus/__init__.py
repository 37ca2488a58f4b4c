"""Hand-written files as bureaux send them, and the facts that are certainly in them."""
