"""HTML views: thin, fed by selectors."""
