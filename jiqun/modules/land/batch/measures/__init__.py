"""Differentiated measures and what suspends them."""
