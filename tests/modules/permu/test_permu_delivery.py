"""What the bureaux have delivered stands on a batch's page until its sheets are sent."""

from __future__ import annotations

import polars as pl
import pytest

from jiqun.modules.land.batch.delivery import delivered
from tests.modules.permu.test_permu_pages import press, text
from tests.modules.permu.town24 import FIRMS, PROVENANCE, YEAR, Town, code, tax_of

pytestmark = pytest.mark.django_db


def _taxes(permu: Town, firms: range) -> None:
    """The tax bureau's figures of the year after, for some of the firms."""
    frame = pl.DataFrame([
        {"firm": code(n), "indicator": "tax", "period": str(YEAR + 1), "value": tax_of(n), "unit": "CNY_fen",
         "status": "published", "lawful_basis": "法定职责（税收征管）", **PROVENANCE}
        for n in firms
    ])  # fmt: skip
    permu.store.append(
        "firm_indicator",
        frame,
        batch=f"taxes{len(firms)}",
        received=frame.height,
        source="合成数据",
    )


def test_counts_follow_what_is_brought_in(permu: Town) -> None:
    batch, maker = permu.open(YEAR + 1), permu.viewer("maker")
    total, found = delivered(permu.store, maker, batch)
    assert total == FIRMS
    nothing = {one.name: (one.have, one.lack) for one in found}
    assert nothing["tax"] == nothing["electricity"] == (0, FIRMS)
    assert {one.newest for one in found} == {None}
    _taxes(permu, range(FIRMS - 2))
    tax = next(one for one in delivered(permu.store, maker, batch)[1] if one.name == "tax")
    assert (tax.have, tax.lack, tax.newest) == (FIRMS - 2, 2, PROVENANCE["as_of"])
    idle = next(
        one for one in delivered(permu.store, permu.viewer("maker", purpose=""), batch)[1]
        if one.name == "tax"
    )  # fmt: skip
    assert (idle.have, idle.lack) == (None, None), "two firms are few: neither side is shown"
    _taxes(permu, range(FIRMS - 2, FIRMS))
    tax = next(one for one in delivered(permu.store, maker, batch)[1] if one.name == "tax")
    assert (tax.have, tax.lack) == (FIRMS, 0)


def test_the_page_says_who_holds_what_is_missing(permu: Town) -> None:
    batch, maker = permu.open(), permu.client("maker")
    path = f"/land/batches/{batch.key}/"
    page = text(maker.get(path))
    for words in ("数据归集进度", "税务局", "自然资源和规划局", "齐"):
        assert words in page
    later = text(maker.get(f"/land/batches/{permu.open(YEAR + 1).key}/"))
    assert "还缺" in later
    press(maker, path, "send")
    assert "数据归集进度" not in text(maker.get(path)), "the sheets show it then"
