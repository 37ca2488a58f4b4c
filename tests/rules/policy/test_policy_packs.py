"""Policy packs load whole or not at all, and say what a verdict means in their own words."""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest

from jiqun.engine.rules.evaluation.evaluate import VERDICT_NAMES
from jiqun.errors import JiqunError
from jiqun.rules import policies as loader
from jiqun.rules.policies import FOLDER, WORDINGS, criterion, policy_pack
from tests.rules.policy.cases import BY_KEY, PACKS, POLICIES

COUNTS = {
    "cluster": 2, "demo990101": 8, "items28": 28, "ladder": 7, "liuhe2023": 43, "size": 6, "titles": 6,
}  # fmt: skip
COUNTY_FIELD = """字段:
  - {名称: 参加县级培训, 英文: took part in the county's training, 类型: 是否, 主管: 工信局, 来源: 签到表,
     权威: 是, 说明: "facts: list.培训名单"}
"""
COUNTY_POLICY = """编号: XX-2026-1
名称: 培训补助
施行日期: 2026-01-01
条件:
  - {编号: c1, 表达式: 参加县级培训 且 规上企业, 依据: 第一条}
金额: {方式: 定额, 金额: 1000元}
"""
COUNTY_LIST = """名称: 合成示例县补助
英文: Aid of the synthetic county
结论用语: 兑付
来源: 合成数据
文件:
  - {文件: training, 标记: ◆, 所见: 合成数据, 方式: 免申}
"""


def _refused(call: Callable[[], object]) -> JiqunError:
    with pytest.raises(JiqunError) as caught:
        call()
    return caught.value


def _county(folder: Path, **files: str) -> Path:
    """A county's folder with one pack; ``files`` replace or add to it."""
    standard = {
        "fields/own.yaml": COUNTY_FIELD,
        "aid/training.yaml": COUNTY_POLICY,
        "aid/pack.yaml": COUNTY_LIST,
    }
    for name, text in (standard | files).items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return folder


@pytest.mark.parametrize("name", PACKS)
def test_each_pack_loads_with_words_source_and_marks(name: str) -> None:
    pack = policy_pack(name)
    assert (pack.name, len(pack.entries)) == (name, COUNTS[name])
    assert all((pack.zh, pack.en, pack.source, pack.place))
    for entry in pack.entries:
        assert entry.mark
        assert entry.seen
        assert entry.mode
        for condition in entry.policy.conditions:
            assert condition.mark, (entry.policy.key, condition.number)
            assert condition.clause, (entry.policy.key, condition.number)


def test_every_key_is_unique_and_what_is_unknown_is_said() -> None:
    assert len(BY_KEY) == len(POLICIES) == sum(COUNTS.values())
    for name in PACKS:
        for entry in policy_pack(name).entries:
            if not entry.policy.department:
                assert "主管部门" in entry.open
            if entry.policy.budget is None and entry.policy.amount is not None:
                assert "预算" in entry.open, entry.policy.key


def test_marks_of_the_documents_and_automatic_ones_are_machine_checked() -> None:
    for name in PACKS:
        for entry in policy_pack(name).entries:
            policy = entry.policy
            assert policy.automatic == (entry.mode == "免申")
            if policy.automatic:
                assert all(condition.tree is not None for condition in policy.conditions)


# ---- what is said ---------------------------------------------------------------------------


def test_where_only_an_authority_recognises_nobody_is_told_that_they_conform() -> None:
    assert {name: policy_pack(name).wording for name in PACKS} == {
        "cluster": "认定", "demo990101": "兑付", "items28": "兑付", "ladder": "认定", "liuhe2023": "兑付",
        "size": "划分", "titles": "认定",
    }  # fmt: skip
    for wording in ("认定", "划分"):
        assert not any("符合" in said.zh for said in WORDINGS[wording].values())
    assert [policy_pack("ladder").say(code).zh for code in (4, 0, 2, 3, 1)] == [
        "不适用", "暂不满足", "需补数据", "有机会", "较有希望",
    ]  # fmt: skip
    assert {code: (said.zh, said.en) for code, said in WORDINGS["兑付"].items()} == VERDICT_NAMES


def test_criteria_have_the_five_states() -> None:
    found = [criterion(1), criterion(0), criterion(2), criterion(2, manual=True)]
    found.append(criterion(1, applies=False))
    assert [said.key for said in found] == [
        "met", "unmet", "unknown", "manual_review", "not_applicable",
    ]  # fmt: skip
    assert criterion(0, manual=True).key == "unmet"


# ---- what is refused ------------------------------------------------------------------------


def test_a_county_adds_fields_and_packs_of_its_own(tmp_path: Path) -> None:
    folder = _county(tmp_path)
    assert loader.pack_names(folder) == ("aid",)
    pack = policy_pack("aid", folder)
    assert pack.entries[0].policy.conditions[0].text == "参加县级培训 且 规上企业"
    assert loader.policies(folder=folder) == pack.policies
    assert loader.field_dictionary().find("参加县级培训") is None


def test_a_word_of_two_files_is_refused_with_both_places(tmp_path: Path) -> None:
    twice = COUNTY_FIELD.replace("参加县级培训", "规上企业")
    error = _refused(lambda: policy_pack("aid", _county(tmp_path, **{"fields/own.yaml": twice})))
    assert error.code == "E-RULE-DICTIONARY"
    assert "register.yaml" in error.message_zh
    assert "own.yaml" in error.message_zh


def test_everything_wrong_with_a_pack_is_told_at_once(tmp_path: Path) -> None:
    listed = (
        COUNTY_LIST.replace("兑付", "通过") + "  - {文件: gone, 标记: ◆, 所见: 无, 方式: 免申}\n"
    )
    spoilt = COUNTY_POLICY.replace("规上企业", "规上企事业")
    files = {"aid/pack.yaml": listed, "aid/training.yaml": spoilt, "aid/stray.yaml": COUNTY_POLICY}
    error = _refused(lambda: policy_pack("aid", _county(tmp_path, **files)))
    told = "\n".join(problem.message_zh for problem in error.fields)
    for expected in ("通过", "gone", "stray", "规上企事业"):
        assert expected in told
    assert len(error.fields) == 4


def test_the_same_key_twice_and_an_unknown_pack_are_refused(tmp_path: Path) -> None:
    listed = COUNTY_LIST + "  - {文件: again, 标记: ◆, 所见: 合成数据, 方式: 免申}\n"
    files = {"aid/pack.yaml": listed, "aid/again.yaml": COUNTY_POLICY}
    error = _refused(lambda: policy_pack("aid", _county(tmp_path, **files)))
    assert "XX-2026-1@1" in error.message_zh
    unknown = _refused(lambda: policy_pack("ladders"))
    assert (unknown.code, unknown.status) == ("E-PACK-UNKNOWN", 404)
    assert "ladder" in unknown.hint_zh


def test_an_edited_document_is_read_again_from_another_folder(tmp_path: Path) -> None:
    """A county that decides otherwise copies a pack; the one it came from stays as it is."""
    shutil.copytree(FOLDER / "items28", tmp_path / "items28")
    path = tmp_path / "items28" / "01-first-above-scale.yaml"
    text = path.read_text(encoding="utf-8")
    path.write_text(re.sub("30万元", "10万元", text), encoding="utf-8")
    ours, theirs = policy_pack("items28", tmp_path), policy_pack("items28")
    assert [p.policies[0].amount.fen for p in (ours, theirs) if p.policies[0].amount] == [
        10_000_000, 30_000_000,
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("number", "on", "version"),
    [
        ("TD-ZJTX", date(2022, 7, 31), None),
        ("TD-ZJTX", date(2026, 3, 31), "2022"),
        ("TD-ZJTX", date(2026, 4, 1), "2026"),
        ("TD-XJR", date(2026, 3, 31), "2022"),
        ("TD-XJR", date(2026, 4, 1), "2026"),
        ("TD-XJRFH", date(2026, 6, 30), "2022"),
        ("TD-XJRFH", date(2027, 1, 1), "2026"),
        ("TD-CXX", date(2026, 4, 1), "2022"),
        ("LH2023-01", date(2026, 2, 8), "1"),
        ("LH2023-01", date(2026, 2, 9), None),
        ("MB-25", date(2022, 7, 1), None),
    ],
)
def test_the_version_of_the_event_s_day_governs(number: str, on: date, version: str | None) -> None:
    found = loader.governing(number, on)
    assert (found.version if found else None) == version
