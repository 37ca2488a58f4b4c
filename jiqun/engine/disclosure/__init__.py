"""Statistical disclosure control: which cells of a table may be published, and who could undo it."""
