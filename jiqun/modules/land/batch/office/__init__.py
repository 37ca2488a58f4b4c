"""What the office in charge does with a batch."""
