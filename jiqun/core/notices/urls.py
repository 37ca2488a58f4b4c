"""Addresses of notices."""

from __future__ import annotations

from django.urls import path

from jiqun.core.notices import pages

urlpatterns = [
    path("notices/", pages.notices, name="notices"),
    path("notices/read/", pages.read_all, name="notices-read"),
    path("notices/choices/", pages.choices, name="notice-choices"),
    path("notices/robots/", pages.robots, name="robots"),
    path("notices/robots/<int:robot>/try/", pages.change_robot, {"verb": "try"}, name="robot-try"),
    path(
        "notices/robots/<int:robot>/remove/",
        pages.change_robot,
        {"verb": "remove"},
        name="robot-remove",
    ),
    path("notices/<int:notice>/open/", pages.open_notice, name="notice-open"),
]
