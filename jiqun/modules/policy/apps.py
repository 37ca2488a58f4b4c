"""Django's name for this folder."""

from django.apps import AppConfig


class PolicyConfig(AppConfig):
    """Policies for firms."""

    name = "jiqun.modules.policy"
    label = "policy"
