"""Consent: what a firm allows and takes back, and the page of what is held about it."""
