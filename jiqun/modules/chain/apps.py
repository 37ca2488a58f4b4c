"""Django's name for this folder."""

from django.apps import AppConfig


class ChainConfig(AppConfig):
    """The chain."""

    name = "jiqun.modules.chain"
    label = "chain"
