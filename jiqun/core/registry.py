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

from jiqun.core.access import Role

if TYPE_CHECKING:
    import argparse

Label = str | Promise


@dataclass(frozen=True, slots=True)
class NavItem:
    """One entry of the navigation: a label and the name of its address.

    ``roles`` are those who see it; empty means everybody who has logged in.
    """

    label: Label
    url_name: str
    icon: str = ""
    roles: frozenset[Role] = frozenset()


@dataclass(frozen=True, slots=True)
class Section:
    """One group of the navigation; a viewer who sees none of its entries does not see it."""

    label: Label
    icon: str
    items: tuple[NavItem, ...]


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
    """What a module adds to the whole; every dotted path is loaded late.

    The entries of ``navigation`` form one section under the module's label; ``sections`` are more
    of them. ``urls`` is a module of addresses under ``prefix``, ``router`` a router of the API, ``tables``
    a sequence of table specs (``core.tabular``), ``search`` a sequence of search sources, ``papers`` a
    mapping of matters that documents are handed in for (``core.papers``).
    """

    name: str
    label: Label
    icon: str
    urls: str
    prefix: str = ""
    router: str = ""
    tables: str = ""
    search: str = ""
    papers: str = ""
    navigation: tuple[NavItem, ...] = ()
    sections: tuple[Section, ...] = ()
    engines: tuple[Engine, ...] = ()
    commands: Mapping[str, Callable[[argparse.ArgumentParser], None]] = field(
        default_factory=dict[str, Callable[["argparse.ArgumentParser"], None]]
    )


def load(path: str) -> Any:
    """Return what a dotted path names."""
    module, _, name = path.rpartition(".")
    return getattr(import_module(module), name)


@cache
def modules() -> tuple[Module, ...]:
    """Return the manifests in the order of the setting."""
    return tuple(import_module(f"{path}.module").MODULE for path in settings.JIQUN_MODULES)


def engines() -> dict[str, Engine]:
    """Return every engine by name, in the order in which they have to run."""
    return {engine.name: engine for module in modules() for engine in module.engines}
