"""The global search: two characters are enough, and nothing hidden shows by any trace."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

import polars as pl
import pytest
from django.contrib.auth.models import User
from hypothesis import given
from hypothesis import strategies as st

from jiqun.core.access import ANONYMOUS, Grade, Role, Viewer
from jiqun.core.models import FirmRead, SearchEntry, SearchPosting, SearchSegment
from jiqun.core.search.build import reindex
from jiqun.core.search.find import MOST_CANDIDATES, Group, find
from jiqun.core.search.pages import marked
from jiqun.core.search.source import Source
from jiqun.core.search.text import grams, normal, normalised, parse, runs
from jiqun.modules.chain.search import SOURCES as CHAIN

pytestmark = pytest.mark.django_db
ANALYST = Viewer(user_id=1, name="a", roles=frozenset({Role.ANALYST}), places=frozenset({"*"}))
ROWS = [
    {"key": "91330681MA2BD1AB3X", "title": "合成大唐袜业有限公司", "body": "棉袜;运动袜", "place": "990101"},
    {"key": "91330681MA2BD1AB4Y", "title": "合成诸城机械有限公司", "body": "袜机配件", "place": "990101"},
    {"key": "91330682MA2BD1AB5Z", "title": "袜业", "title_en": "Hosiery", "body": "", "place": "990102"},
    {"key": "k4", "title": "业袜合成", "body": "IoT平台 ABC-123 全角", "place": "9902"},
]  # fmt: skip


def _source(rows: list[dict[str, Any]], kind: str = "firm", **more: Any) -> Source:
    return Source(kind, "企业", "Firms", lambda: pl.DataFrame(rows), **more)


def _keys(groups: list[Group]) -> list[str]:
    return [hit.title_zh for group in groups for hit in group.hits]


@pytest.fixture
def indexed(db: None) -> None:
    reindex(_source(ROWS))


# ---- text -----------------------------------------------------------------------------------


def test_text_is_brought_to_one_form() -> None:
    assert normal("  ＡＢＣ１２３　袜业\n") == "abc123 袜业"
    assert runs("iot平台2号") == ["iot", "平台", "2", "号"]
    assert parse("  ，。 ") is None
    query = parse("棉袜 ABCDEFGH")
    assert query is not None
    assert query.grams == ("棉袜", "abcdef")


@given(st.text(alphabet="袜业合成abAB12 Ａ·㐀々()·é", max_size=24))
def test_rows_have_the_grams_that_queries_ask_for(text: str) -> None:
    """Whatever is indexed is found by itself: both ways of cutting text agree."""
    frame = pl.DataFrame({"number": [7], "text": [text]}).with_columns(
        text=normalised(pl.col("text"))
    )
    assert frame["text"][0] == normal(text)
    made = set(grams(frame, title=True)["gram"])
    query = parse(text)
    if query is not None:
        assert set(query.grams) <= made
        assert not query.start or query.start in made


# ---- finding --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("typed", "found"),
    [
        ("袜业", ["袜业", "合成大唐袜业有限公司"]),
        ("棉袜", ["合成大唐袜业有限公司"]),
        ("袜机", ["合成诸城机械有限公司"]),
        ("业袜", ["业袜合成"]),
        ("大唐袜业有限", ["合成大唐袜业有限公司"]),
        ("合成 机械", ["合成诸城机械有限公司"]),
        ("袜", ["袜业", "业袜合成", "合成大唐袜业有限公司"]),
        ("hosi", ["袜业"]),
        ("ＨＯＳＩＥＲＹ", ["袜业"]),
        ("iot", ["业袜合成"]),
        ("平台", ["业袜合成"]),
        ("91330681", ["合成大唐袜业有限公司", "合成诸城机械有限公司"]),
        ("91330681ma2bd1ab4", ["合成诸城机械有限公司"]),
        ("袜唐", []),
        ("没有的词", []),
        ("", []),
        ("%", []),
        ("' OR 1=1 --", []),
    ],
)
def test_what_is_found_and_in_which_order(indexed: None, typed: str, found: list[str]) -> None:
    assert _keys(find(ANALYST, typed)) == found


def test_neighbours_that_are_apart_do_not_count(db: None) -> None:
    reindex(_source([{"key": "a", "title": "甲乙丙"}, {"key": "b", "title": "甲乙 乙丙"}]))
    assert _keys(find(ANALYST, "甲乙丙")) == ["甲乙丙"], "b has both pairs but not the word"


def test_the_heavier_comes_first_among_equals(db: None) -> None:
    rows = [{"key": str(n), "title": f"甲乙{n}", "weight": float(n)} for n in range(5)]
    reindex(_source(rows))
    assert _keys(find(ANALYST, "甲乙", limit=2)) == ["甲乙4", "甲乙3"]


def test_a_count_that_was_cut_says_so(db: None) -> None:
    rows = [{"key": str(n), "title": f"合成公司{n:04}"} for n in range(MOST_CANDIDATES + 50)]
    reindex(_source([*rows, {"key": "x", "title": "公司"}]))
    group = find(ANALYST, "公司")[0]
    assert (group.count, group.more) == (MOST_CANDIDATES, True)
    assert group.hits[0].title_zh == "公司", "the exact title is never cut away"


def test_few_queries_whatever_is_found(
    indexed: None, django_assert_num_queries: Callable[[int], Any]
) -> None:
    with django_assert_num_queries(3):
        find(ANALYST, "合成")
    with django_assert_num_queries(4):
        find(ANALYST, "91330681")


# ---- who sees what --------------------------------------------------------------------------


def _seen(viewer: Viewer, typed: str = "袜业") -> list[tuple[int, bool, tuple[str, ...]]]:
    return [(g.count, g.more, tuple(h.key for h in g.hits)) for g in find(viewer, typed)]


def test_a_place_s_rows_are_found_by_those_who_answer_for_it(indexed: None) -> None:
    here = Viewer(user_id=2, places=frozenset({"990101"}))
    assert _keys(find(here, "袜业")) == ["合成大唐袜业有限公司"]
    assert find(Viewer(user_id=3), "袜业") == []
    assert find(ANONYMOUS, "袜业") == []


@pytest.mark.parametrize("typed", ["袜业", "袜", "公司", "913306", "91330682MA2BD1AB5Z", "hosiery"])
def test_hidden_rows_leave_no_trace(
    db: None, typed: str, django_assert_num_queries: Callable[[int], Any]
) -> None:
    """The answer, its counts and the rows read are the same with and without the hidden rows."""
    here = Viewer(user_id=2, places=frozenset({"990101"}))
    own = [row for row in ROWS if row["place"] == "990101"]
    reindex(_source(own))
    before = _seen(here, typed)
    many = [
        {"key": f"91330682{n:010}", "title": f"袜业公司{n}", "title_en": "Hosiery", "place": "9902"}
        for n in range(400)
    ]
    reindex(_source([*ROWS, *many]))
    assert _seen(here, typed) == before
    assert SearchEntry.objects.visible_to(here).count() == len(own)
    visible = SearchPosting.objects.visible_to(here)
    assert set(visible.values_list("segment__place", flat=True)) == {"990101"}


def test_roles_decide_over_pages_and_people(db: None) -> None:
    reindex(_source([{"key": "p", "title": "安全设置", "roles": ",security,"}], "page"))
    people = _source(
        [{"key": "u", "title": "安全员"}],
        "person",
        grade=Grade.PERSONAL,
        roles=frozenset({Role.SYSTEM, Role.SECURITY}),
    )
    reindex(people)
    for roles, found in [
        ({Role.SECURITY}, {"安全设置", "安全员"}),
        ({Role.SYSTEM}, {"安全员"}),
        ({Role.ANALYST, Role.AUDIT}, set()),
    ]:
        viewer = Viewer(user_id=5, roles=frozenset(roles), places=frozenset({"*"}), purpose="核对")
        assert set(_keys(find(viewer, "安全"))) == found


def test_personal_rows_without_roles_are_seen_by_the_person_only(
    people: Mapping[str, User],
) -> None:
    one = people["analyst"]
    reindex(
        _source([{"key": "n", "title": "我的草稿", "user": one.pk}], "draft", grade=Grade.PERSONAL)
    )
    assert _keys(find(Viewer(user_id=one.pk), "草稿")) == ["我的草稿"]
    other = Viewer(
        user_id=people["system"].pk, roles=frozenset(Role), places=frozenset({"*"}), purpose="x"
    )
    assert find(other, "草稿") == []


def test_firm_level_rows_need_the_own_firm_or_a_purpose_and_are_logged(
    people: Mapping[str, User],
) -> None:
    rows = [
        {"key": "a", "title": "融资需求", "firm": "F1"},
        {"key": "b", "title": "融资需求二", "firm": "F2"},
    ]
    reindex(_source(rows, "need", grade=Grade.FIRM))
    firm = Viewer(user_id=people["firm"].pk, roles=frozenset({Role.FIRM}), firms=frozenset({"F1"}))
    assert _keys(find(firm, "融资")) == ["融资需求"]
    official = replace(ANALYST, user_id=people["analyst"].pk)
    assert find(official, "融资") == []
    assert not FirmRead.objects.exists()
    asking = replace(official, purpose="核对融资需求")
    assert len(_keys(find(asking, "融资"))) == 2
    assert set(FirmRead.objects.values_list("firm", flat=True)) == {"F1", "F2"}


# ---- building -------------------------------------------------------------------------------


def test_only_what_changed_is_written(indexed: None) -> None:
    before = dict(SearchSegment.objects.values_list("place", "pk"))
    assert reindex(_source(ROWS)) == 0
    changed = [*ROWS[:3], ROWS[3] | {"title": "改名"}]
    assert reindex(_source(changed)) == 1
    after = dict(SearchSegment.objects.values_list("place", "pk"))
    assert {place for place in before if before[place] == after[place]} == {"990101", "990102"}
    assert _keys(find(ANALYST, "改名")) == ["改名"]
    assert find(ANALYST, "业袜") == []


def test_what_is_gone_is_found_no_more(indexed: None) -> None:
    reindex(_source(ROWS[:1]))
    assert SearchSegment.objects.count() == 1
    assert _keys(find(ANALYST, "袜业")) == ["合成大唐袜业有限公司"]
    assert SearchEntry.objects.count() == 1


def test_an_unchanged_stamp_costs_nothing(db: None) -> None:
    asked: list[int] = []

    def rows() -> pl.DataFrame:
        asked.append(1)
        return pl.DataFrame(ROWS)

    source = Source("firm", "企业", "Firms", rows, lambda: "v1")
    assert (reindex(source), reindex(source), len(asked)) == (3, 0, 1)
    assert reindex(source, force=True) == 3


# ---- pages ----------------------------------------------------------------------------------


def test_marks_are_put_around_what_was_typed_and_all_else_is_escaped() -> None:
    assert (
        marked("<b>大唐袜业</b> & Co", "袜业 co")
        == "&lt;b&gt;大唐<mark>袜业</mark>&lt;/b&gt; &amp; <mark>Co</mark>"
    )
    assert marked("ＡＢ袜", "ab") == "<mark>ＡＢ</mark>袜"
    assert marked("x", "") == "x"


def test_the_chain_names_its_sources() -> None:
    assert [source.kind for source in CHAIN] == ["map", "segment"]
