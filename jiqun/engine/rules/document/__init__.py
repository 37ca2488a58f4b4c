"""Strict YAML documents: the field dictionary and the policy, read with every problem at once."""
