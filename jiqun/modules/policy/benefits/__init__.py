"""From a list of candidates to money on the account, once: states, holds, ledger, payments."""
