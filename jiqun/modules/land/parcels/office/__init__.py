"""What officials of the office in charge do."""
