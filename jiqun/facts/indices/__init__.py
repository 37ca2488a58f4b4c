"""Evaluations over tables that do not fit into memory, as Ibis expressions."""
