"""Industrial land: tenure and floor prices, control indicators, milestones, screening, geometry."""
