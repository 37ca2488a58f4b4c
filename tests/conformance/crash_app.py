"""The server with a fault planted in it, named by ``CRASH_PLANT``; only for the tests of the tests."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable, Iterable
from typing import Any

from config.wsgi import application as honest
from jiqun.core.access import Viewer
from jiqun.core.data import rest
from jiqun.core.models import Import

PLANT = os.environ.get("CRASH_PLANT", "")
DELAY = 0.4  # seconds


def _early(*, viewer: Viewer, one: Import) -> Import:
    """Acknowledge an import, and write it a moment later."""
    pending = Import.objects.get(pk=one.pk)
    arguments = {"viewer": viewer, "one": pending}
    threading.Timer(DELAY, rest_apply, kwargs=arguments).start()
    one.state = Import.State.APPLIED
    return one


rest_apply = rest.apply_import
if PLANT == "acknowledge-early":
    rest.apply_import = _early


def application(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
    """Answer as the program does; with ``answer-late`` some time after the commit."""
    answer = honest(environ, start_response)
    if PLANT == "answer-late" and environ["REQUEST_METHOD"] == "POST":
        time.sleep(DELAY)
    return answer
