"""Everything of an installation in one file and back, and out into open formats and back in."""
