"""One uploaded file against one contract: read, shown, confirmed, applied, and taken back."""
