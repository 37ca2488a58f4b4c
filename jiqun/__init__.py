"""Jiqun (集群): the open system a county runs its industry clusters on."""

__version__ = "0.1.0"
