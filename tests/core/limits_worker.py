"""One of two server processes that count the same attempts: prints what each attempt was told."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import django
from django.conf import settings

os.environ["DJANGO_SETTINGS_MODULE"] = "config.settings"
database, mode, times = Path(sys.argv[1]), sys.argv[2], int(sys.argv[3])
settings.DATABASES["default"]["NAME"] = database
django.setup()

from jiqun.core.security import limits, lockout  # noqa: E402 - after Django is set up

allowed = 0
for _ in range(times):
    if mode == "count":
        allowed += limits.count("rate:test:u1", 600).count <= 50
    else:
        tried = lockout.attempt("login", "nabc", "203.0.113.1")
        allowed += tried.allowed
print(allowed)  # noqa: T201
