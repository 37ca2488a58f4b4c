"""Readers: bytes → text → table of text, with what the sheet says about itself."""
