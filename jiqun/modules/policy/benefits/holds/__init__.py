"""Cases that are held up, and how they go on."""
