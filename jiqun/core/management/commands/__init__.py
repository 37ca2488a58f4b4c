"""Commands of the core, one file each."""
