"""Which land each firm answers for: the land table, its publicity, objections, the freeze."""
