"""The closed condition language: words and units, lexer, grammar, syntax tree, canonical text."""
