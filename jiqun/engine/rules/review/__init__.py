"""Before publication: lint, generated boundary cases, and the officials' own examples."""
