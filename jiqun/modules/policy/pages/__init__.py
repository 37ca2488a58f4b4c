"""Pages of the policies: read by selectors, act by verbs, compute nothing."""
