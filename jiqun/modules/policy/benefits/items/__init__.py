"""The list of items, and who declares one fit."""
