"""The map of parcels: what the register draws, who sees which grade, the base map."""
