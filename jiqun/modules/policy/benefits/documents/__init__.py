"""Notices, lists and forms that are printed."""
