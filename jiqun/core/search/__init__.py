"""One search over everything that has a name, for what the person may see."""
