"""Settings, addresses and the server's entry points; nothing else."""
