"""The same program as database expressions: staged selects that any Ibis backend can run."""
