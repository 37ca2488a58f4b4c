"""Notices: told in the console, by mail and by group robots, each kind as the person chose."""
