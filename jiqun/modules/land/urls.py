"""Addresses of land."""

from __future__ import annotations

from django.urls import path

from jiqun.modules.land.pages import (
    fairness,
    firm,
    land_rows,
    land_table,
    overview,
    printed,
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
    path("table/", land_table.land_tables, name="land-tables"),
    path("table/own/", land_rows.own_land, name="land-own-land"),
    path("table/public/", land_table.public, name="land-table-public"),
    path("table/objections/<int:objection>/", land_rows.objection, name="land-objection"),
    path("table/<str:landtable>/", land_table.land_table, name="land-table"),
    path("table/<str:landtable>/firms/<str:firm>/", land_rows.firm_row, name="land-table-firm"),
    path("tenure/", tenure.tenure, name="land-tenure"),
]
