"""Addresses of the chain."""

from __future__ import annotations

from django.urls import path

from jiqun.modules.chain import pages

urlpatterns = [
    path("", pages.chart, name="chain-map"),
    path("map.json", pages.chart_json, name="chain-map-json"),
    path("map.svg", pages.chart_file, {"kind": "svg"}, name="chain-map-svg"),
    path("map.png", pages.chart_file, {"kind": "png"}, name="chain-map-png"),
    path("map.pdf", pages.chart_file, {"kind": "pdf"}, name="chain-map-pdf"),
    path("gaps/", pages.gaps, name="chain-gaps"),
    path("industry/<slug:kind>/<str:code>/", pages.industry, name="chain-industry"),
    path("finding/<str:finding>/", pages.finding, name="chain-finding"),
    path("linkages/", pages.linkages, name="chain-linkages"),
    path("model/", pages.model, name="chain-model"),
    path("lists/", pages.catalogue, name="chain-lists"),
    path("lists/<slug:slug>/", pages.saved, name="chain-list"),
    path("lists/<slug:slug>/export.xlsx", pages.export_list, name="chain-list-export"),
    path("export.xlsx", pages.export, name="chain-export"),
]
