"""Column specs of the chain's tables: the same for pages, Excel and the API."""

from __future__ import annotations

from collections.abc import Mapping

from jiqun.core.tabular import Field

STATUS: Mapping[str, tuple[str, str]] = {
    "present": ("在产", "present"),
    "strong": ("强", "strong"),
    "weak": ("弱", "weak"),
    "missing": ("缺", "missing"),
    "undisclosed": ("未披露", "undisclosed"),
    "unknown": ("未知", "unknown"),
    "candidate": ("可引进", "candidate"),
}
BADGES: Mapping[str, str] = {
    "present": "good", "strong": "strong", "weak": "weak", "missing": "missing",
    "undisclosed": "undisclosed", "unknown": "undisclosed", "candidate": "plain",
}  # fmt: skip
KINDS: Mapping[str, tuple[str, str]] = {
    "leading": ("主导", "leading"),
    "supporting": ("配套", "supporting"),
    "potential": ("潜力", "potential"),
    "extension": ("延链", "extend"),
}
LISTS: Mapping[str, tuple[str, str]] = {
    "fill": ("补链", "fill"),
    "strengthen": ("强链", "strengthen"),
    "extend": ("延链", "extend"),
    "secure": ("固链", "secure"),
}
MEASURES: Mapping[str, tuple[str, str, str, str]] = {
    # measure: zh, en, unit zh, unit en
    "output": ("产值", "output", "万元", "10k"),
    "value_added": ("增加值", "value added", "万元", "10k"),
    "tax": ("税收", "tax", "万元", "10k"),
    "payroll": ("工资", "payroll", "万元", "10k"),
    "employment": ("从业人员", "employment", "人", "persons"),
    "establishments": ("单位数", "establishments", "家", "units"),
}
MONEY = frozenset({"output", "value_added", "tax", "payroll"})

CODE = Field("code", "代码", "Code")
NAME = Field("name", "行业或环节", "Industry or segment", link="href")
STATE = Field(
    "status", "现状", "State", "words", words=STATUS,
    about_zh="强：可用产出达到本地中间需求的门槛（默认六成）；弱：有生产者但达不到；缺：没有生产者；"
    "未披露：按保密规则未公布，不等于没有",
    about_en="strong: usable output reaches the threshold of local demand (60 % by default); weak: makers, but less; "
    "missing: no makers; undisclosed: withheld by rule, which does not mean absent",
)  # fmt: skip
COUNT = Field("establishments", "单位数", "Establishments", "integer", "家")
PROBABILITY = Field(
    "probability", "进入概率", "Probability of entry", "probability",
    about_zh="该行业在期限内出现在本地的校准概率", about_en="calibrated probability that the industry appears here",
)  # fmt: skip
NULL = Field(
    "null_probability", "对照概率", "Null", "probability",
    about_zh="只用县规模×行业规模得到的概率", about_en="what place size × industry size alone says",
)  # fmt: skip


DIRECTION = Field(
    "direction", "联系", "Tie", "words",
    words={"upstream": ("上游", "upstream"), "downstream": ("下游", "downstream"), "": ("", "")},
)  # fmt: skip


def size_field(measure: str) -> Field:
    """The column of the run's own size measure."""
    zh, en, unit, _ = MEASURES.get(measure, (measure, measure, "", ""))
    kind = "money_wan" if measure in MONEY else "integer"
    return Field("size", zh, en.capitalize(), kind, unit, decimals=0)


def leading_fields(measure: str, _money_unit: str) -> list[Field]:
    """Columns of the leading tier."""
    return [
        CODE, NAME, size_field(measure), COUNT,
        Field("share", "占比", "Share", "share", about_zh="占范围内合计", about_en="of the total in scope"),
        Field("lq", "区位商", "Location quotient", "number",
              about_zh="后验均值；1 为与参照区相同", about_en="posterior mean; 1 is like the reference area"),
        Field("lq_probability", "专业化把握", "Certainty", "share",
              about_zh="区位商超过门槛的概率", about_en="probability that the quotient exceeds the threshold"),
        Field("outside_share", "县外销售", "Sold outside", "share",
              about_zh="有购销数据时按金额，没有时按区位商估计", about_en="from recorded sales, else estimated"),
        Field("national_share", "占参照区", "Of the reference area", "share"),
    ]  # fmt: skip


def money_column(name: str, zh: str, en: str, unit: str) -> list[Field]:
    """A column of amounts in ten thousand of the table's money; none where amounts mean nothing."""
    words = {"CNY_fen": "万元", "USD_cent": "万美元", "TWD_cent": "万新台币"}.get(unit)
    return [Field(name, zh, en, "money_wan", words, decimals=0)] if words else []


def supporting_fields(measure: str, money_unit: str) -> list[Field]:
    """Columns of the supporting tier, which is also the gap table."""
    return [
        CODE, NAME, STATE,
        Field("coverage", "覆盖率", "Coverage", about_zh="本地可用产出÷本地中间需求",
              about_en="usable local output ÷ local intermediate demand"),
        size_field(measure), COUNT, DIRECTION,
        Field("requirement", "占主导完全需求", "Share of total requirement", "share"),
        *money_column("demand", "本地需求", "Local demand", money_unit),
        PROBABILITY,
        Field("plants", "缺口可容工厂", "Plants the gap fills", "number", "个", decimals=1,
              about_zh="本地与最近十县未满足的需求，够几个平均规模的工厂",
              about_en="unmet need here and in the ten nearest counties, in plants of average size"),
        Field("priority", "优先度", "Priority", "number",
              about_zh="权重见规则包；缺数据的项不计并在说明中列出",
              about_en="weights in the rule pack; terms without data are left out and named"),
        Field("list_words", "列入", "Lists"),
    ]  # fmt: skip


def potential_fields(measure: str, _money_unit: str) -> list[Field]:
    """Columns of the potential tier."""
    return [
        CODE, NAME, STATE, size_field(measure), PROBABILITY, NULL,
        Field("entry_rank", "模型排名", "Model rank", "integer"),
        Field("null_rank", "对照排名", "Null rank", "integer"),
        Field("value", "价值分", "Value", "share", about_zh="劳均增加值、复杂度、增长的加权分位",
              about_en="weighted percentile of value added per worker, complexity and growth"),
        Field("score", "得分", "Score", "number", decimals=4),
    ]  # fmt: skip


def extension_fields(measure: str, _money_unit: str) -> list[Field]:
    """Columns of the extend list."""
    return [
        CODE, NAME, STATE,
        Field("sales", "主导产出流向占比", "Share of the lead's sales", "share"),
        Field("value_added_gain", "增加值率高出", "Value-added ratio above", "share"),
        size_field(measure), PROBABILITY,
    ]  # fmt: skip


FIRM_FIELDS = [
    Field("firm", "统一社会信用代码", "Firm id"),
    Field("name", "企业名称", "Firm"),
    Field("industry", "行业", "Industry"),
    Field("place", "所在地", "Place"),
    Field("scale", "规模", "Scale", "words", words={
        "large": ("大型", "large"), "medium": ("中型", "medium"), "small": ("小型", "small"),
        "micro": ("微型", "micro")}),
    Field("status", "状态", "Status", "words", words={
        "active": ("在产", "active"), "suspended": ("停产", "suspended"),
        "building": ("在建", "building"), "closed": ("注销", "closed")}),
    Field("products", "产品", "Products"),
]  # fmt: skip
RECORD_FIELDS = [
    Field("record", "编号", "Record"),
    Field("name", "名称", "Name"),
    Field("industry", "行业", "Industry"),
    Field("place", "地方", "Place"),
    Field("stage", "阶段", "Stage"),
    Field("value", "金额", "Value", "money_wan"),
    Field("holder", "责任单位", "Responsible office"),
    Field("due", "期限", "Due"),
    Field("note", "说明", "Note"),
]
PLACE_FIELDS = [
    Field("place", "地方代码", "Place code"),
    Field("name", "地方", "Place"),
    Field("firms", "企业数", "Firms", "integer", "家"),
    Field("leading", "主导行业企业", "Firms in leading industries", "integer", "家"),
    Field("supporting", "配套行业企业", "Firms in supporting industries", "integer", "家"),
]
