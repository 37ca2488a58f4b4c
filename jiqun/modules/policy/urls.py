"""Addresses of the policies."""

from __future__ import annotations

from django.urls import path

from jiqun.modules.policy.pages import (
    batches,
    cases,
    checkups,
    drafts,
    funds,
    items,
    matching,
    own,
    plans,
    policy,
    stored,
)

urlpatterns = [
    path("", batches.batches, name="policy-batches"),
    path("new/", batches.batch_new, name="policy-batch-new"),
    path("batches/<str:batch>/", batches.batch, name="policy-batch"),
    path("batches/<str:batch>/results.<slug:kind>", batches.results, name="policy-results"),
    path("batches/<str:batch>/notice.pdf", batches.notice_file, name="policy-notice-file"),
    path("cases/<str:case>/", cases.case, name="policy-case"),
    path("cases/<str:case>/recovery.pdf", cases.recovery_file, name="policy-recovery-file"),
    path("mine/", cases.mine, name="policy-mine"),
    path("match/", matching.overview, name="policy-match"),
    path("match/<str:key>/", policy.one_policy, name="policy-match-one"),
    path("match/<str:key>/<str:firm>/", matching.why, name="policy-match-why"),
    path("checkup/", checkups.overview, name="policy-checkup"),
    path("checkup/try/", checkups.attempt, name="policy-checkup-try"),
    path("checkup/findings.xlsx", checkups.findings_file, name="policy-checkup-xlsx"),
    path("checkup/<str:key>/", checkups.one, name="policy-checkup-one"),
    path("plan/", plans.overview, name="policy-plan"),
    path("plan/<str:key>/", plans.one, name="policy-plan-one"),
    path("draft/", drafts.drafts, name="policy-draft"),
    path("drafts/", stored.drafts, name="policy-drafts"),
    path("drafts/<str:draft>/", stored.draft, name="policy-draft-one"),
    path("drafts/<str:draft>/document.yaml", stored.draft_file, name="policy-draft-file"),
    path("own/", own.own_policies, name="policy-own-match"),
    path("own/<str:key>/", own.own_why, name="policy-own-why"),
    path("funds/", funds.pools, name="policy-pools"),
    path("funds/<str:pool>/", funds.pool, name="policy-pool"),
    path("files/<str:file>/", funds.file, name="policy-file"),
    path("files/<str:file>/take/<slug:kind>", funds.file_take, name="policy-file-take"),
    path("items/", items.items, name="policy-items"),
    path("items.pdf", items.items_file, name="policy-items-file"),
    path("items/new/", items.item_new, name="policy-item-new"),
    path("items/<int:item>/", items.item, name="policy-item"),
    path("items/<int:item>/<slug:kind>.pdf", items.item_file, name="policy-item-file"),
    path("public/", items.public, name="policy-public"),
]
