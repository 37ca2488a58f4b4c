"""Which firm meets which policy: facts → columns of the rule engine → verdicts with reasons."""
