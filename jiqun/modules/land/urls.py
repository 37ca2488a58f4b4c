"""Addresses of land."""

from __future__ import annotations

from django.urls import path

from jiqun.modules.land.pages import (
    batches,
    calculations,
    confirm,
    fairness,
    firm,
    land_rows,
    land_table,
    objections,
    overview,
    parcel,
    parcels,
    printed,
    results,
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
    path("table/", land_table.land_tables, name="land-tables"),
    path("table/own/", land_rows.own_land, name="land-own-land"),
    path("table/public/", land_table.public, name="land-table-public"),
    path("table/objections/<int:lineobjection>/", land_rows.objection, name="land-line-objection"),
    path("table/<str:landtable>/", land_table.land_table, name="land-table"),
    path("table/<str:landtable>/firms/<str:firm>/", land_rows.firm_row, name="land-table-firm"),
    path("parcels/", parcels.parcels, name="land-parcels"),
    path("parcels/shapes/", shapes.shapes, name="land-parcel-shapes"),
    path("parcels/<str:parcel>/", parcel.parcel, name="land-parcel"),
    path("tenure/", tenure.tenure, name="land-tenure"),
    path("batches/", batches.batches, name="land-batches"),
    path("batches/new/", batches.batch_new, name="land-batch-new"),
    path("batches/<str:batch>/", batches.batch, name="land-batch"),
    path(
        "batches/<str:batch>/calculations/<int:number>/",
        calculations.calculation,
        name="land-batch-calculation",
    ),
    path("batches/<str:batch>/notice.pdf", results.notice_file, name="land-batch-notice"),
    path("batches/<str:batch>/measures/", results.measures, name="land-batch-measures"),
    path("mine/", confirm.mine, name="land-mine"),
    path("sheets/<str:sheet>/", confirm.sheet, name="land-sheet"),
    path("sheets/<str:sheet>/sheet.pdf", confirm.sheet_pdf, name="land-sheet-file"),
    path("objections/<str:objection>/", objections.objection, name="land-objection"),
    path(
        "objections/<str:objection>/reply.pdf", objections.reply_file, name="land-objection-reply"
    ),
    path("public/", results.public, name="land-public"),
    path("public/<str:batch>/", results.public_one, name="land-public-batch"),
    path("public/<str:batch>/notice.pdf", results.public_file, name="land-public-file"),
]
