"""Drafts of rules from the text of a document: read, stored, confirmed by two people to a file; never paid from."""
