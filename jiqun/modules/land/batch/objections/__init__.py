"""Objections come in and are decided."""
