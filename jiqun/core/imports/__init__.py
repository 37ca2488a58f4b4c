"""Tables in: a file becomes a plan that a person reads, then a change that can be undone."""
