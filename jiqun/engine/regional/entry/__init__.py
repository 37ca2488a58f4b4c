"""What industry will appear here: features, the explainable model, its proof."""
