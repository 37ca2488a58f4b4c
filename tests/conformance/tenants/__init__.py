"""Many tenants use one console at once; nobody may see or change what is another's."""
