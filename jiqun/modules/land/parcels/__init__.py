"""Standard land: its contract, its clock, its checks, breach and bond."""
