"""Django's name for this folder."""

from django.apps import AppConfig


class LandConfig(AppConfig):
    """Land and per-mu evaluation."""

    name = "jiqun.modules.land"
    label = "land"
