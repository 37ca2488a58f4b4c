"""What a firm answers."""
