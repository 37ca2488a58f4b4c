"""The official and customary rules as dated, sourced, versioned data, and their loader."""
