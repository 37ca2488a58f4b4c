"""Addresses of tables."""

from __future__ import annotations

from django.urls import path

from jiqun.core.data import pages

urlpatterns = [
    path("data/", pages.catalogue, name="tables"),
    path("data/quarantine/", pages.quarantine, name="quarantine"),
    path("data/views/<int:view>/delete/", pages.drop_view, name="view-delete"),
    path("data/<slug:table>/", pages.listing, name="table"),
    path("data/<slug:table>/export.xlsx", pages.export, {"kind": "xlsx"}, name="table-xlsx"),
    path("data/<slug:table>/export.csv", pages.export, {"kind": "csv"}, name="table-csv"),
    path("data/<slug:table>/views/", pages.keep_view, name="view-save"),
]
