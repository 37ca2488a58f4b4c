"""Login, sessions, the second factor, lock-out, passwords, uploads, rate limits, headers."""
