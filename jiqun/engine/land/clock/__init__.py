"""The life of a parcel from deal to evaluation, as a pure function of its recorded events."""
