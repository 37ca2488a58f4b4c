"""Why words of a policy text were left to a person, in both languages; the grammar names them in Chinese."""

from __future__ import annotations

from collections.abc import Mapping

from jiqun.core.tabular import pick

UNKNOWN_FIELD = "字段未知："
REASONS: Mapping[str, str] = {
    "一条过长，请按条款分段后再读": "the clause is too long: split it into its clauses and read again",
    "上限及于哪些奖励须确认": "which awards the cap covers has to be confirmed",
    "上限按比例，须确认": "the cap is a share: to be confirmed",
    "与前句的关系不明": "how it belongs to the sentence before is unclear",
    "写有奖补，没有读出金额": "something is given, but no sum was read",
    "可能改变含义的文字": "words that may change the meaning",
    "后文未读懂": "what follows was not understood",
    "基数未知": "unknown base of the rate",
    "已知字段没有成为条件": "a known field that did not become a condition",
    "引号内的文字须确认": "words in quotation marks have to be confirmed",
    "括注中的数字": "a number in brackets",
    "括注未读懂": "words in brackets were not understood",
    "数字没有归属": "a number that belongs to nothing",
    "施行日期没有读出": "the day of entry into force was not read",
    "日期没有归属": "a date that belongs to nothing",
    "期间没有归属": "a period that belongs to nothing",
    "期限没有归属": "a time limit that belongs to nothing",
    "未写明，须确认": "the text leaves it open: to be confirmed",
    "未读出的数字": "a number that was not read",
    "条件有两种读法": "the condition can be read in two ways",
    "条件没有字段": "a condition without a field",
    "每…没有读懂": "“for each …” was not understood",
    "没有写明给予或减免": "nobody is said to give or to forgo it",
    "计量单位须确认": "the unit of payment has to be confirmed",
    "资格与并列的级别是否都要求": "whether the status and the levels beside it are all required",
    "金额与情形的对应须确认": "which sum goes with which case has to be confirmed",
    "金额之后的文字未读懂": "words behind the sum were not understood",
    "金额之后的条件": "a condition behind the sum",
    "金额有两种读法": "the sum can be read in two ways",
}


def reason(said: str) -> str:
    """Return a reason in the reader's language."""
    if said.startswith(UNKNOWN_FIELD):
        name = said.removeprefix(UNKNOWN_FIELD)
        return pick(said, f"unknown field: {name}")
    return pick(said, REASONS[said])
