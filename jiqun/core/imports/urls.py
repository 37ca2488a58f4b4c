"""Addresses of imports."""

from __future__ import annotations

from django.urls import path

from jiqun.core.imports import pages

urlpatterns = [
    path("data/imports/", pages.history, name="imports"),
    path("data/imports/<str:key>/", pages.one, name="import"),
    path("data/imports/<str:key>/revise/", pages.revise, name="import-revise"),
    path("data/imports/<str:key>/apply/", pages.apply, name="import-apply"),
    path("data/imports/<str:key>/undo/", pages.undo, name="import-undo"),
    path("data/imports/<str:key>/discard/", pages.discard, name="import-discard"),
    path("data/imports/<str:key>/faulty.xlsx", pages.faulty, name="import-faulty"),
    path("data/<slug:table>/import/", pages.new, name="import-new"),
    path("data/<slug:table>/template.xlsx", pages.template, name="table-template"),
]
