"""The overview: composes the modules through their public faces only."""
