"""What is known: contracts, readers of messy files, quality, the versioned store, snapshots."""
