"""Django's name for this folder."""

from django.apps import AppConfig


class MastersConfig(AppConfig):
    """Organisations and the people in them."""

    name = "jiqun.masters"
    label = "masters"
