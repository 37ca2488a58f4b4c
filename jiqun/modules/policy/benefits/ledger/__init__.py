"""The ledger: movements between the accounts of a pool, and the proof that they add up."""
