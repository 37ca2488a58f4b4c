"""Addresses of the search."""

from __future__ import annotations

from django.urls import path

from jiqun.core.search import pages

urlpatterns = [
    path("search/", pages.search, name="search"),
    path("search/<slug:kind>/<str:key>/", pages.entry, name="search-entry"),
]
