"""Django's name for this folder."""

from django.apps import AppConfig


class CockpitConfig(AppConfig):
    """The overview."""

    name = "jiqun.cockpit"
    label = "cockpit"
