"""Candidates come in: from a run, a file or another system; checked; made into cases."""
