"""Regional economics: who is specialised in what, what hangs together, what may appear next."""
