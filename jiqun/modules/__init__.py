"""One folder per job of the county, all of one shape."""
