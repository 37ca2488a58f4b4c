"""The states of commitments about land, one table per topic."""
