"""The shared nouns that people own: organisations, memberships, who keeps which table."""
