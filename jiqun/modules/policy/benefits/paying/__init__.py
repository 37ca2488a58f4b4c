"""The finance office: approval, the file for the bank, what the treasury answers."""
