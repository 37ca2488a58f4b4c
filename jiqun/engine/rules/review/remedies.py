"""What to do about each finding of the linter, by its code, in Chinese and English."""

from __future__ import annotations

from collections.abc import Mapping

_REVIEW = ("填写公平竞争审查的结论、文号和日期（国务院令第783号）。",
           "Give conclusion, number and date of the fair-competition review (State Council order 783).")  # fmt: skip
_TIERS = ("让各档首尾相接：起包含、止不包含。", "Let tiers meet: 起 is included, 止 is not.")
_CAP = ("核对上限、下限与各档金额。", "Check cap, floor and the amounts of the tiers.")

REMEDIES: Mapping[str, tuple[str, str]] = {
    "clause": ("在条件上写明依据条款。", "Cite the clause with the condition."),
    "department": ("填写主管部门。", "Name the bureau in charge."),
    "budget": ("填写年度预算总额，以及不足时怎么办。", "Give the year's budget and what happens when it ends."),
    "stacking": ("填写叠加规则：就高不重复、择一、补差等。", "State how awards of the group combine."),
    "no-cap": ("给比例或每单位的金额写上限。", "Set a cap on an amount by rate or per unit."),
    "cap-below-tier": _CAP,
    "floor-above-cap": _CAP,
    "tier-cap": _CAP,
    "tiers-overlap": _TIERS,
    "tiers-gap": _TIERS,
    "tier-unreachable": ("删除或改写永远轮不到的一档。", "Drop or rewrite the tier that is never reached."),
    "contradiction": ("条件互相矛盾，没有企业能满足：改写其中一条。", "No firm can meet all conditions: rewrite one."),
    "growth-reversed": ("增长是本期较上期：核对两个期间的先后。",
                        "Growth is this period over the last: check their order."),
    "expired": ("已失效的文件不再兑付；有新文件请另立版本。",
                "A lapsed document pays nothing; a new one is a new version."),
    "window": ("让申报窗口落在施行日期和失效日期之间。", "Keep the window within the term."),
    "automatic-manual": ("去掉人工核验的条件，或改为须申报。", "Drop the manual condition, or ask for applications."),
    "automatic-source": ("换用有权威来源的事实，或改为须申报。",
                         "Use a fact with an authority, or ask for applications."),
    "tax-linked": ("不得按缴税或税收留成给奖补：换用产出、投入等基数，或取得例外依据。",
                   "No award by tax paid or kept: use output or spending, or obtain an exception."),
    "local-only": ("不得以本地注册、经营为条件：删除，或取得例外依据。",
                   "Registration in the place may not be a condition: drop it or obtain an exception."),
    "named-firm": ("不得点名特定企业：改为对所有企业一样的条件。",
                   "No named firm: state a condition that is open to all."),
    "newcomers-only": ("不得只给新迁入企业：改为对新老企业一样的条件。",
                       "Not for newcomers only: treat all firms alike."),
    "relocation-cash": ("不得以迁入换取现金：删除。", "No cash for moving in: drop it."),
    "no-move-out": ("不得以不迁出为条件：删除。", "Not moving away may not be a condition: drop it."),
    "review-missing": _REVIEW,
    "review-incomplete": _REVIEW,
    "review-refused": ("审查未通过的不得发布：修改后重新审查。",
                       "Refused by the review: change it and have it reviewed again."),
    "review-ground": ("写明适用的例外条款和理由。", "State the exception that applies, and why."),
    "review-late": ("审查应在发布之前：核对日期。", "The review comes before publication: check the dates."),
    "group-rules": ("让同一互斥组内同期有效的政策用同一叠加规则。",
                    "Policies of a group in force together need one rule."),
    "group-of-one": ("写全同组的其他政策，或删除互斥组。", "Name the group's other policies, or drop the group."),
    "document-number": ("填写文号。", "Give the document's number."),
    "issuer": ("填写发文机关。", "Name the issuing authority."),
    "shortage": ("写明预算不足时：先到先得、按分排序、按比例或顺延。", "State what happens when the budget ends."),
    "no-end": ("写明失效日期。", "State the last day in force."),
    "as-of": ("核对口径里的截至日期。", "Check the as-of day of the basis."),
    "no-example": ("由业务人员补几个例证：符合、不符合、缺数据各一。",
                   "Add worked examples: one met, one not, one undetermined."),
    "repeated": ("删除重复的条件。", "Drop the repeated condition."),
    "dead-alternative": ("删除“或”中永远用不上的一支。", "Drop the alternative that never decides."),
}  # fmt: skip
