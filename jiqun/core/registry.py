"""The modules of this installation, found from the setting ``JIQUN_MODULES``.

Each module's ``module.py`` holds one ``MODULE`` manifest; pages, the API, the navigation and the
command line are composed from the manifests and from nothing else.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cache
from importlib import import_module
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.utils.functional import Promise

if TYPE_CHECKING:
    import argparse

Label = str | Promise


@dataclass(frozen=True, slots=True)
class NavItem:
    """One entry of the navigation: a label and the name of its address."""

    label: Label
    url_name: str
    icon: str = ""


@dataclass(frozen=True, slots=True)
class Engine:
    """Something that ``jiqun run NAME`` computes. ``needs`` names engines that come first."""

    name: str
    label_zh: str
    label_en: str
    run: Callable[..., Any]
    needs: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Module:
    """What a module adds to the whole; ``urls`` and ``router`` are dotted paths, loaded late."""

    name: str
    label: Label
    icon: str
    urls: str
    router: str = ""
    navigation: tuple[NavItem, ...] = ()
    engines: tuple[Engine, ...] = ()
    commands: Mapping[str, Callable[[argparse.ArgumentParser], None]] = field(
        default_factory=dict[str, Callable[["argparse.ArgumentParser"], None]]
    )


@cache
def modules() -> tuple[Module, ...]:
    """Return the manifests in the order of the setting."""
    return tuple(import_module(f"{path}.module").MODULE for path in settings.JIQUN_MODULES)


def engines() -> dict[str, Engine]:
    """Return every engine by name, in the order in which they have to run."""
    return {engine.name: engine for module in modules() for engine in module.engines}
