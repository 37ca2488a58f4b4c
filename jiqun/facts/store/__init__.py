"""The fact store: durable, versioned, append-only Delta tables and how they are read."""
