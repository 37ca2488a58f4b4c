"""Rule packs of land, and how they become the parameters of its engine."""
