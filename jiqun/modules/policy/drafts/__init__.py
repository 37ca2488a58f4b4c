"""Drafts of rules from the text of a document: read, shown with their source, never stored or paid from."""
