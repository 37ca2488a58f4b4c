"""Lawful basis: which firm-level row may be used for what, and the words of the catalogue."""
