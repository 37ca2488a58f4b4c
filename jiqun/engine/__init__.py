"""Pure mathematics on arrays and tables: no Django, no input or output. One folder per field."""
