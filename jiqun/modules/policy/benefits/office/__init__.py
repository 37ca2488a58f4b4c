"""What the bureau in charge does with its cases."""
