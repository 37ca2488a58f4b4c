"""Rules written in other languages, turned into ours: they are decided on our planes alone."""
