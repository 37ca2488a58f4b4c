"""Parcel polygons: coordinate systems, validity, area on the ellipsoid, overlaps."""
