"""From entitlement to money: groups, caps, budgets and shares, in whole fen, every step logged."""
