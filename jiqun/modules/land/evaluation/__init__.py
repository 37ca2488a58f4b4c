"""Facts of a county's firms → units of the evaluation → grades as findings, and their explanation."""
