"""Imports the ``tasks.py`` of every part, which is what registers jobs, duties and kinds of notices."""

from __future__ import annotations

from functools import cache
from importlib import import_module
from importlib.util import find_spec

from django.conf import settings


@cache
def load_tasks() -> None:
    """Import the ``tasks.py`` of every part that has one (the setting ``JIQUN_MODULES``)."""
    for part in settings.JIQUN_MODULES:
        if find_spec(f"{part}.tasks") is not None:
            import_module(f"{part}.tasks")
