"""Addresses of land."""

from __future__ import annotations

from django.urls import path

from jiqun.modules.land.pages import fairness, firm, map, overview, printed, tenure  # noqa: A004

urlpatterns = [
    path("", overview.overview, name="land-permu"),
    path("rules/", overview.rules, name="land-rules"),
    path("fairness/", fairness.fairness, name="land-fairness"),
    path("draft.pdf", printed.draft_file, name="land-draft"),
    path("own/", firm.own, name="land-own"),
    path("own/sheet.pdf", printed.own_sheet, name="land-own-sheet"),
    path("firms/<str:firm>/", firm.firm, name="land-firm"),
    path("firms/<str:firm>/sheet.pdf", printed.firm_sheet, name="land-firm-sheet"),
    path("map/", map.parcel_map, name="land-map"),
    path("map/parcels.json", map.map_data, name="land-map-data"),
    path("map/parcels.svg", map.map_svg, name="land-map-svg"),
    path("map/parcels/<str:parcel>/", map.card, name="land-map-card"),
    path("map/selection.xlsx", map.export, name="land-map-export"),
    path("tenure/", tenure.tenure, name="land-tenure"),
]
