"""Addresses of land."""

from __future__ import annotations

from django.urls import path

from jiqun.modules.land.pages import (
    fairness,
    firm,
    overview,
    parcel,
    parcels,
    printed,
    shapes,
    tenure,
)

urlpatterns = [
    path("", overview.overview, name="land-permu"),
    path("rules/", overview.rules, name="land-rules"),
    path("fairness/", fairness.fairness, name="land-fairness"),
    path("draft.pdf", printed.draft_file, name="land-draft"),
    path("own/", firm.own, name="land-own"),
    path("own/sheet.pdf", printed.own_sheet, name="land-own-sheet"),
    path("firms/<str:firm>/", firm.firm, name="land-firm"),
    path("firms/<str:firm>/sheet.pdf", printed.firm_sheet, name="land-firm-sheet"),
    path("parcels/", parcels.parcels, name="land-parcels"),
    path("parcels/shapes/", shapes.shapes, name="land-parcel-shapes"),
    path("parcels/<str:parcel>/", parcel.parcel, name="land-parcel"),
    path("tenure/", tenure.tenure, name="land-tenure"),
]
