"""Patterns that break readers of policy text, kept as permanent cases."""

from __future__ import annotations

from fractions import Fraction

import pytest
from drafting_lexicon import phrases, read

from jiqun.engine.drafting.clauses import split_clauses
from jiqun.engine.drafting.elements import Award, ClauseDraft, Figure
from jiqun.engine.drafting.lexicon import lexicon
from jiqun.engine.drafting.numbers import plain
from jiqun.engine.drafting.reader import read_clause, read_document
from jiqun.errors import JiqunError


def wan(figure: Figure | None) -> Fraction | None:
    """A sum in 10,000 yuan."""
    return None if figure is None else Fraction(figure.value) / 10**6


def told(award: Award) -> tuple[str, object, str]:
    """Mode, sum or rate, and level of an award."""
    rate = award.rate.value if award.rate else wan(award.amount)
    return award.mode, rate, award.level


def reasons(draft: ClauseDraft) -> set[str]:
    return {one.reason for one in draft.gaps}


def test_rate_with_cap_instalment_and_cofunding() -> None:
    draft = read(
        "对新引进先进制造业固定资产投资1000万元以上的，按固定资产投资额的10%给予最高2000万元补贴，"
        "其中奖补资金50%待企业达产升规后兑现。补助资金市县按1:1比例承担。"
    )
    assert draft.status == "complete"
    (award,) = draft.awards
    assert told(award) == ("比例", Fraction(1, 10), "")
    assert (award.base, wan(award.cap)) == ("固定资产投资", 2000)
    assert [(one.kind, one.value) for one in draft.terms if one.kind != "标记"] == [
        ("拨付", "1/2 企业达产升规"),
        ("资金分担", "市:1/2 县:1/2"),
    ]


def test_respective_list_goes_by_the_levels() -> None:
    draft = read("对新认定国家级、省级、市级企业技术中心的，分别给予50万元、20万元、5万元奖励。")
    assert [told(one) for one in draft.awards] == [
        ("定额", 50, "国家级"), ("定额", 20, "省级"), ("定额", 5, "市级"),
    ]  # fmt: skip
    assert draft.status == "complete"


def test_respective_thresholds_become_tiers() -> None:
    draft = read("对营业收入首次达到5000万元、1亿元的企业，分别给予5万元、10万元奖励。")
    assert [(one.tier[0].op, wan(one.tier[0].value), wan(one.amount)) for one in draft.awards] == [
        (">=", 5000, 5), (">=", 10_000, 10),
    ]  # fmt: skip
    assert not draft.conditions


def test_lists_of_different_length_are_not_matched() -> None:
    draft = read("对国家级、省级、市级企业技术中心，分别给予50万元、20万元奖励。")
    assert draft.status == "partial"
    assert [one.level for one in draft.awards] == ["", ""]


def test_sum_per_step_of_a_field() -> None:
    draft = read("产值每增加1000万元，给予2万元奖励，每家企业最高300万元。")
    (award,) = draft.awards
    assert (award.mode, award.base, wan(award.step), wan(award.amount), wan(award.cap)) == (
        "每单位", "产值", 1000, 2, 300,
    )  # fmt: skip


def test_a_payee_that_is_not_the_firm_is_not_passed_over() -> None:
    draft = read("对企业年度贷款每增加1亿元给予银行10万元奖励")
    assert draft.status == "partial"


def test_upstream_matching() -> None:
    draft = read("给予省级补助资金1:0.5配套，最高20万元。")
    (award,) = draft.awards
    assert told(award) == ("配套", Fraction(1, 2), "")
    assert award.base == "上级补助资金"


def test_growth_without_a_subject_is_of_the_field_before_it() -> None:
    draft = read("对营业收入达到2000万元以上且同比增长10%以上的规上工业企业，给予5万元奖励。")
    assert {(one.field, one.growth, one.op) for one in draft.conditions} == {
        ("营业收入", False, ">="), ("营业收入", True, ">="), ("规上企业", False, "="),
    }  # fmt: skip
    assert draft.status == "complete"


def test_share_of_one_field_in_another() -> None:
    (one,) = read("上年度研发费用占营业收入比重不低于3%").conditions
    assert (one.field, one.share_of, one.op, one.period) == ("研发费用", "营业收入", ">=", "上年度")
    assert one.value is not None
    assert one.value.value == Fraction(3, 100)


def test_cap_over_several_awards_is_a_term_for_a_person() -> None:
    draft = read("甲类给予5万元奖励；乙类给予3万元奖励。上述奖励最高不超过50万元。")
    assert draft.status == "partial"
    assert [one.kind for one in draft.terms] == ["上限"]
    assert all(one.cap is None for one in draft.awards)


def test_cap_of_a_following_sentence_belongs_to_the_only_award() -> None:
    draft = read("按设备投资额的5%给予补助。单个企业年度最高补贴50万元。")
    (award,) = draft.awards
    assert (wan(award.cap), award.cap_per) == (50, "单个企业年度")
    assert draft.status == "complete"


def test_range_needs_a_mark_at_its_upper_end() -> None:
    open_end = read("对固定资产投资1000万元至5000万元的项目，给予10万元奖励")
    assert open_end.status == "partial"
    marked = read("对固定资产投资1000万元（含）—5000万元（不含5000万元）的项目，给予10万元奖励")
    assert [one.op for one in marked.conditions if not one.manual] == [">=", "<"]
    assert marked.status == "complete"


@pytest.mark.parametrize(
    ("text", "kind", "value"),
    [
        ("同一企业同一项目符合多项政策的，按就高不重复原则执行。", "互斥", "就高不重复"),
        ("本政策不得重复享受。", "互斥", "不重复"),
        ("已获奖励的企业晋级的，按差额进行奖励。", "互斥", "补差"),
        ("奖补资金分三年按40%、30%、30%的比例拨付。", "拨付", "2/5 3/10 3/10"),
        ("所需资金由市、县财政按照3:7比例分担。", "资金分担", "市:3/10 县:7/10"),
        ("本政策自2025年1月1日起施行", "施行日期", "2025-01-01"),
        ("有效期至2027年12月31日。", "失效日期", "2027-12-31"),
        ("本办法有效期三年。", "有效期", "三年"),
        ("本办法由县工信局负责解释。", "解释机关", "县工信局"),
        ("给予10万元奖励。（责任单位：县工信局、县财政局）", "主管部门", "县工信局、县财政局"),
        ("县财政每年安排2000万元专项资金", "预算", "安排2000万元专项资金"),
        ("对重大项目实行“一事一议”。", "标记", "一事一议"),
        ("按企业地方财政贡献的50%给予奖励", "标记", "与税收挂钩"),
        ("对某某制药有限公司给予100万元奖励", "标记", "点名企业"),
    ],
)
def test_terms(text: str, kind: str, value: str) -> None:
    assert (kind, value) in {(one.kind, one.value) for one in read(text).terms}


def test_instalments_that_do_not_add_up_are_not_read() -> None:
    draft = read("奖补资金分三年按40%、30%、20%的比例拨付。")
    assert [one.kind for one in draft.terms] == []
    assert draft.status != "complete"


@pytest.mark.parametrize(
    "text",
    [
        "按一定比例给予补助，最高50万元。",  # a certain share
        "补贴42%。",  # of what
        "对成立满3年、营业收入不足1000万元的企业，不予补助。",  # a refusal
        "第一年给予10万元补助，第二年给予5万元补助。",  # by year
        "择优给予每个品种最高补助50万元",  # 择优 must not swallow the sum
        "此标准从今年1月1日起施行，有效期两年。",  # which year
        "每个标准展位资助1.5万元（金额低于1.5万元的按实资助）。",  # a number in brackets
        "连续补助3年，每年给予10万元补助。",  # for how long
        "对出口额达到100万美元以上的企业给予3万元奖励。",  # foreign currency
        "对年直播带货销售额5000万元以上的企业，给予10万元奖励。",  # narrower than 销售额
        "按企业实际支付技术费用的20%给予补助。",  # a base that is no field
        "奖励500余万元。",
        "给予不超过20万元的奖励。",  # only a cap
        "对研发费用超出部分按10%给予补助。",
        "营业收入达到1亿元或纳税额达到500万元的企业，给予10万元奖励。",  # 或
        "本级安排有不低于100万元的促进转型升级资金",  # a threshold, not a budget
        "对取得临床批件、注册批件的企业，分别给予5万元、10万元奖励，每家企业最高不超过20万元。",  # over both
        "对研发投入500万元（含）以上的企业，按其投入2%给予奖励，不超过50万元。",  # whose investment
        "晚稻和秋冬种马铃薯每亩叠加补助300元。",  # 叠加 behind 每亩
        "学生学徒按每人每年不低于3000元给予补贴",  # 不低于 behind 每人每年
        "给予每家获金奖组织100万元、获银奖组织20万元的奖励。",  # 每家 for one of them only
        "将“获奖企业奖励60万元”修订为“获奖企业奖励100万元”。",  # what was is no award
        "对新认定的绿色工厂奖励10万元；进档的补差奖励。",  # a rule that changes the sum
        "重点项目资助15万元，一等资助8万元，二等资助5万元。",  # 重点项目 is a case too
        "初创之星，每人补助2万元；实训基地，每个补助6万元。",  # cases in free words
        "改建采穗圃每亩补助1000元，新建采穗圃每亩补助2000元。",
        "对示范车间省、市两级给予50万元奖励。",  # who pays which share
        "产业园物业管理费暂定为每平方米4.5元/月。",  # a price, which nobody gives
        "对重点研发类项目按研发费用最高15%予以补助。",  # no limit on the firm's costs
        "对施工企业，每增加一项一级总承包资质，给予20万元奖励。",  # for each, not once
    ],
)
def test_where_the_words_leave_a_doubt_the_clause_is_not_complete(text: str) -> None:
    draft = read(text)
    assert draft.status in {"partial", "unparsed"}
    assert draft.gaps


def test_unknown_field_makes_a_clause_partial() -> None:
    words, fields = phrases()
    text = "对营业收入1000万元以上的企业，给予10万元奖励。"
    assert read_clause(text, lexicon=words, fields=fields).status == "complete"
    draft = read_clause(text, lexicon=words, fields=fields - {"营业收入"})
    assert draft.status == "partial"
    assert "字段未知：营业收入" in reasons(draft)


@pytest.mark.parametrize(
    "text",
    [
        "对规 模以 上工业企业，给予 30 万元奖励。",
        "对设备投资额５００万元以上的项目，按设备投资额的１０％给予补助，最高不超过１００万元。",
    ],
)
def test_every_span_holds_the_words_it_names(text: str) -> None:
    draft = read(text)
    assert draft.status == "complete"
    for one in (*draft.figures, *draft.conditions):
        start, end = one.span
        assert plain("".join(text[start:end].split())) == one.text


def test_clauses_are_split_by_their_labels_and_references_are_not() -> None:
    text = (
        "某县若干政策\n第一条 鼓励投资。\n（一）给予10万元。\n（二）按照第五条规定给予1.5万元。\n"
        "第二条 其他。\n1.甲。\n2.乙。"
    )
    found = split_clauses(text.replace("（", "(").replace("）", ")"))
    assert [one.path for one in found] == [
        ("第一条", "(一)"), ("第一条", "(二)"), ("第二条", "1"), ("第二条", "2"),
    ]  # fmt: skip
    assert found[0].heading == "鼓励投资"


def test_head_of_a_document() -> None:
    words, fields = phrases()
    text = (
        "某县关于支持工业发展的若干政策\n某政发〔2025〕14号\n2025年1月2日\n第一条 给予10万元奖励。"
    )
    found = read_document(text, lexicon=words, fields=fields)
    assert (found.title, found.number, found.date) == (
        "某县关于支持工业发展的若干政策", "某政发〔2025〕14号", "2025-01-02",
    )  # fmt: skip


def test_a_list_of_phrases_that_contradicts_itself_is_refused_with_every_mistake() -> None:
    rows = [
        {"字段": "产值", "种类": "数", "词": ["产值"]},
        {"字段": "产出", "种类": "数", "词": ["产值"]},
        {"字段": "", "种类": "数", "词": ["x"]},
        {"字段": "甲", "种类": "布尔", "词": ["y"]},
    ]
    with pytest.raises(JiqunError) as caught:
        lexicon(rows)
    assert caught.value.code == "E-PHRASES"
    assert len(caught.value.fields) == 3


@pytest.mark.parametrize(("text", "status"), [
    ("对新取得国家监理甲、乙级资质的企业，分别给予100万元和20万元奖励", "partial"),
    ("对获得一、二等称号的单位，分别给予20万元、10万元奖励", "partial"),
    ("对新认定的国家级、省级示范园区，分别给予20万元、10万元奖励", "complete"),
    ("对新通过成熟度三级、四级的单位，分别给予20万元、10万元奖励", "complete"),
])  # fmt: skip
def test_ranks_that_share_one_word_are_not_paired_with_sums(text: str, status: str) -> None:
    assert read(text).status == status
