"""弹性年期: what industrial land costs for fewer than fifty years, and whether the floor is met."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.views.decorators.http import require_GET

from jiqun.core.frame import Part, figure, note, show, table
from jiqun.core.pages import page
from jiqun.core.tabular import Field, pick
from jiqun.engine.land.exact import yuan
from jiqun.engine.land.tenure import FloorTest, TenureRow
from jiqun.errors import Problem
from jiqun.modules.land.evaluation.words import MARKS
from jiqun.modules.land.tenure import NO, UNKNOWN, YES, Asked, Calculated, calculate, read

Row = dict[str, Any]
PER_M2 = "元/平方米"
TABLE = (
    Field("years", "年期", "Term", unit="年"),
    Field("factor", "年期修正系数", "Tenure factor", about_zh="K(n) = [1−(1+r)^−n] ÷ [1−(1+r)^−50]",
          about_en="K(n) = [1−(1+r)^−n] ÷ [1−(1+r)^−50]"),
    Field("income", "收益还原法价格", "Price by income", unit=PER_M2),
    Field("income_test", "是否达到最低价", "Floor met"),
    Field("linear", "按年数折算（n÷50）", "Price by years (n÷50)", unit=PER_M2),
    Field("linear_test", "是否达到最低价 ", "Floor met "),
    Field("converted", "折算价修正到 50 年", "Price by years, converted to 50", unit=PER_M2),
)  # fmt: skip
PARAMETERS = (
    Field("name", "参数", "Parameter"), Field("value", "取值", "Value"), Field("mark", "出处", "Rests on"),
)  # fmt: skip
FIRST = (Field("what", "先租后让", "Lease, then grant"), Field("value", "结果", "Result"))
TESTS = {
    True: ("达到", "yes"),
    False: ("低于最低价", "below the floor"),
    None: ("不能判断", "cannot be told"),
}
BADGES = {True: "good", False: "missing", None: "undisclosed"}


@require_GET
@page
def tenure(request: HttpRequest) -> HttpResponse:
    """The table of terms with both prices and the floor test; one term closely; lease, then grant."""
    today = timezone.localdate()
    asked, problems = read({name: str(value) for name, value in request.GET.items()}, today)
    found = calculate(asked, today)
    parts: list[Part] = [_form(asked, problems, asked_for=bool(request.GET))]
    parts += [note((one.message_zh + "。" + one.remedy_zh, f"{one.message_en}. {one.remedy_en}".strip()), "warning")
              for one in found.warnings]  # fmt: skip
    broken = [str(row.years) for row in found.rows if row.linear_test.passes is False]
    if broken:
        parts.append(note((
            f"按年数折算（n÷50）的价格在 {'、'.join(broken)} 年期低于最低价标准：修正到 50 年再比，不能直接签约。",
            f"Prices by years (n÷50) are below the floor for terms of {', '.join(broken)} years once converted to 50.",
        ), "warning"))  # fmt: skip
    parts += [
        table(("各年期价格与最低价检验", "Prices of each term and the floor"), TABLE, [_row(one) for one in found.rows],
              hint=("单价四舍五入到分；总价用未取整的单价计算。", "Unit prices are rounded, totals are not.")),
        _chart(found), table(("先租后让", "Lease, then grant"), FIRST, _first(found)),
    ]  # fmt: skip
    if found.first_warning:
        one = found.first_warning
        parts.append(
            note(
                (f"先租后让：{one.message_zh}。", f"Lease, then grant: {one.message_en}."),
                "warning",
            )
        )
    parts.append(table(("所用参数", "Parameters used"), PARAMETERS, _parameters(found)))
    return show(
        request, ("弹性年期测算", "Elastic tenure"), parts=parts, figures=_figures(found), chart=True,
        basis=[(pick("规则版本", "Rule pack"), f"{found.pack.topic}/{found.pack.version}"),
               (pick("出处", "Source"), pick(found.pack.source["zh"], found.pack.source["en"])),
               (pick("测算日期", "Computed on"), today.isoformat())],
        lede=pick("年期越短单价越低，但不是按年数打折：短年期须按还原率修正，并且修正到 50 年后不低于国家最低价标准。",
                  "A shorter term costs less, but not in proportion to years: it is converted by the reduction rate, "
                  "and the price converted to 50 years must reach the state's floor."),
    )  # fmt: skip


def _form(asked: Asked, problems: list[Problem], *, asked_for: bool) -> Part:
    said = {True: YES, False: NO, None: UNKNOWN}
    yes_no = [(YES, pick("是", "yes")), (NO, pick("否", "no"))]
    grades = [(str(n), pick(f"{n} 等", f"grade {n}")) for n in range(1, 16)]
    unknown = (UNKNOWN, pick("不清楚", "not known"))
    per, yearly = pick(PER_M2, "CNY/m²"), pick("元/平方米·年", "CNY/m² a year")
    years, metres = pick("年", "years"), pick("平方米", "m²")
    fields: list[Row] = [
        {"name": "price", "label": pick("50 年价格", "Price of 50 years"), "unit": per, "value": yuan(asked.full)},
        {"name": "grade", "label": pick("土地等别", "Grade of the land"), "choices": [*grades, unknown],
         "value": UNKNOWN if asked.grade is None else str(asked.grade)},
        {"name": "priority", "label": pick("优先发展且用地集约", "Priority and saving land"),
         "choices": [*yes_no, unknown], "value": said[asked.priority]},
        {"name": "rate", "label": pick("还原率", "Reduction rate"), "unit": "%",
         "value": f"{float(asked.rate * 100):g}"},
        {"name": "years", "label": pick("拟定年期", "Term wanted"), "unit": years, "value": str(asked.years)},
        {"name": "area", "label": pick("宗地面积", "Area of the parcel"), "unit": metres,
         "value": f"{float(asked.area):g}"},
        {"name": "lease", "label": pick("先租年期", "Lease before the grant"), "unit": years,
         "value": str(asked.lease)},
        {"name": "rent", "label": pick("年租金", "Yearly rent"), "unit": yearly, "value": yuan(asked.rent)},
        {"name": "offset", "label": pick("租金抵扣出让价款", "Rents count towards the price"), "choices": yes_no,
         "value": said[asked.offset]},
    ]  # fmt: skip
    return {
        "fields": fields, "problems": problems, "clear": asked_for,
        "title": pick("测算条件", "What to compute"), "button": pick("测算", "Compute"),
        "words": pick("先按示例数测算；改成本宗地的数再算。网址可发给同事。",
                      "An example to begin with; put the parcel's own figures. The address can be sent on."),
    }  # fmt: skip


def _figures(found: Calculated) -> list[dict[str, str]]:
    per = pick(PER_M2, "CNY/m²")
    chosen, asked = found.chosen, found.asked
    return [
        figure(("拟定年期", "Term"), str(asked.years), pick("年", "years")),
        figure(("单价", "Unit price"), yuan(chosen.income), per),
        figure(("总价", "Total"), f"{float(found.total) / 1_000_000:,.2f}", pick("万元", "CNY 10k")),
        figure(("等额年租", "Level rent"), yuan(found.rent), pick("元/平方米·年", "CNY/m² a year")),
    ]  # fmt: skip


def _row(one: TenureRow) -> Row:
    return {
        "years": str(one.years), "factor": f"{float(one.factor):.4f}",
        "income": yuan(one.income), **_test("income_test", one.income_test),
        "linear": yuan(one.linear), **_test("linear_test", one.linear_test),
        "converted": yuan(one.linear_test.converted),
    }  # fmt: skip


def _test(name: str, one: FloorTest) -> Row:
    return {name: pick(*TESTS[one.passes]), f"{name}_badge": BADGES[one.passes]}


def _chart(found: Calculated) -> Part:
    head = [pick("年期", "Term"), pick("收益法", "Income"), pick("按年数", "By years")]
    floor = found.chosen.income_test.needed
    if floor is not None:
        head.append(pick("最低价", "Floor"))
    rows: list[Row] = []
    for one in found.rows:
        values = [yuan(one.income), yuan(one.linear)]
        rows.append(
            {
                "x": one.years,
                "values": [*values, *([yuan(floor * one.factor)] if floor is not None else [])],
            }
        )
    label = pick(
        "各年期单价与该年期的最低价（元/平方米）", "Unit price and floor of each term (CNY/m²)"
    )
    return {"series": {"label": label, "head": head, "rows": rows}}


def _first(found: Calculated) -> list[Row]:
    first, per = found.first, pick(PER_M2, "CNY/m²")
    years = pick("年", "years")
    return [
        {"what": pick("先租", "Lease"), "value": f"{first.lease_years} {years}"},
        {"what": pick("后让", "Grant"), "value": f"{first.grant_years} {years}"},
        {"what": pick("出让年期的价格", "Price of the grant"), "value": f"{yuan(first.price)} {per}"},
        {"what": pick("已缴租金合计", "Rents paid"), "value": f"{yuan(first.rents)} {per}"},
        {"what": pick("出让时应缴", "Payable at the grant"), "value": f"{yuan(first.payable)} {per}"},
        {"what": pick("租金与价款折到 50 年", "Rents and price, converted to 50 years"),
         "value": f"{yuan(first.converted)} {per}"},
    ]  # fmt: skip


def _parameters(found: Calculated) -> list[Row]:
    changed = {"tenure.rate": float(found.rules.rate)}
    rows: list[Row] = []
    for name, value in found.pack.values(changed).items():
        one = found.pack.parameters[name]
        rows.append({
            "name": pick(one.zh, one.en), "value": f"{value:g}", "mark": f"{one.mark} {pick(*MARKS[one.mark])}",
            "mark_badge": "good" if one.mark == "✔" else "warning",
        })  # fmt: skip
    table_ = found.pack.tables["floor_price"]
    rows.append({
        "name": pick(table_["zh"], table_["en"]), "value": pick("15 个等别", "15 grades"),
        "mark": f"{table_['mark']} {pick(*MARKS[table_['mark']])}", "mark_badge": "warning",
    })  # fmt: skip
    return rows
