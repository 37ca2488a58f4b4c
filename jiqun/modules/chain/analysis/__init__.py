"""The chain's reading and computing: inputs from one snapshot, tiers, links, entry, explanations."""
