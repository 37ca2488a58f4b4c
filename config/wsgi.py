"""The server's entry point."""

from __future__ import annotations

import gc
import os
from importlib import import_module

from django.conf import settings
from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
gc.disable()  # loading makes much and drops little: a third of its time went into collecting
application = get_wsgi_application()
import_module(settings.ROOT_URLCONF)  # here, so that the first person does not wait for it
gc.freeze()
gc.enable()
