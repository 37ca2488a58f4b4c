"""Addresses of papers."""

from __future__ import annotations

from django.urls import URLPattern, path

from jiqun.core.papers import pages

urlpatterns: list[URLPattern] = [
    path("papers/", pages.papers, name="papers"),
    path("papers/<str:paper>/", pages.paper, name="paper"),
    path("papers/<str:paper>/file", pages.paper_file, name="paper-file"),
]
