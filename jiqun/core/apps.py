"""Django's name for this folder."""

from django.apps import AppConfig


class CoreConfig(AppConfig):
    """Tables that every module uses: audit, firm-level reads, API tokens."""

    name = "jiqun.core"
    label = "core"
