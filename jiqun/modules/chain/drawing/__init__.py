"""The map as a drawing: places, SVG, files, words."""
