"""Advice for planning: what a budget could do at best, and how far from it a plan is, proven."""
