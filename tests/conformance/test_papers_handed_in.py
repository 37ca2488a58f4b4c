"""Wherever a firm writes a document's number, a paper of its shelf is handed in by it."""

from __future__ import annotations

from collections.abc import Mapping

import pytest
from django.db.models import Model

from jiqun.core.models import Paper, PaperUse
from jiqun.core.papers.actions import add_paper
from jiqun.core.papers.shown import matters
from jiqun.core.security.uploads import check_upload
from jiqun.masters.viewers import viewer_of
from tests.conformance.addresses import pages
from tests.conformance.matrix import POSTS
from tests.conformance.tenants.world import World
from tests.console import Demo

pytestmark = pytest.mark.django_db
# verb: the field of its form that a number is written in, and the matter
CITING: Mapping[str, tuple[str, str]] = {
    "land.hand_in": ("document", "land.parcel"),
    "land.object_result": ("proof", "land.objection"),
    "land.object_line": ("paper", "land.line"),
    "lowuse.answer_file": ("words", "land.lowuse"),
}


@pytest.fixture
def world(shared_world: World) -> World:
    return shared_world


@pytest.fixture
def paper(world: World) -> Paper:
    upload = check_upload("凭证.pdf", b"%PDF-1.4 voucher", kinds=frozenset({"pdf"}))
    return add_paper(
        viewer=viewer_of(world.users["firma"]), firm=world.firms["firma"], title="合成凭证", upload=upload
    )  # fmt: skip


def test_every_matter_is_tried_here_or_in_its_module() -> None:
    # policy.case: tests/modules/policy/test_benefit_pages
    assert {sort for _, sort in CITING.values()} | {"policy.case"} == set(matters())


@pytest.mark.parametrize("verb", CITING)
def test_a_cited_paper_is_handed_in(
    world: World, rows: Mapping[type[Model], Model], demo: Demo, paper: Paper, verb: str
) -> None:
    field, sort = CITING[verb]
    post, client = POSTS[verb], world.client("firma")
    path = next(one.path for one in pages(demo, rows) if one.name == post.address)
    form = client.get(path).content.decode()
    assert f'<option value="{paper.key}">合成凭证</option>' in form, "the form offers the shelf"
    sent = {**post.data(world, rows), field: "见 CL-00000000"}
    refused = client.post(path, sent)
    assert (refused.status_code, PaperUse.objects.filter(paper=paper).count()) == (422, 0)
    assert "CL-00000000" in refused.content.decode()
    done = client.post(path, sent | {field: f"凭证 {paper.key.lower()}"}, follow=True)
    assert done.status_code == 200
    use = PaperUse.objects.get(paper=paper)
    assert use.sort == sort
    official = world.client("official")
    official.post("/purpose/", {"purpose": "核对证明材料"})
    assert official.get(f"/papers/{paper.key}/file").content == b"%PDF-1.4 voucher"
    shown = official.get(f"/papers/{paper.key}/").content.decode()
    assert matters()[sort].zh in shown
    assert world.client("firmb").get(f"/papers/{paper.key}/file").status_code == 404
    address = shown.split(f">{use.target}<")[0].rsplit('href="', 1)
    matter = client.get(address[-1].split('"')[0]).content.decode()
    assert paper.key in matter, "the matter's page lists it"
