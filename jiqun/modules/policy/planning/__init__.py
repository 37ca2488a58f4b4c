"""Advice on budgets and thresholds, outside the way of the money: nothing here decides an award."""
