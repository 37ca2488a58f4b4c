"""What the holder of a parcel does."""
