"""The one fact store of this installation."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from django.conf import settings

from jiqun.facts.store.store import Store


@cache
def _open(folder: Path) -> Store:
    return Store(folder)


def store() -> Store:
    """Return the store in the folder that the setting ``STORE`` names."""
    return _open(Path(settings.STORE))
