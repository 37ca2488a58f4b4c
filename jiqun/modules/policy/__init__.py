"""Policies for firms: who meets which, why and for how much; benefits without application (免申即享).

For the bureau that answers for a policy, the finance office that pays, and the firms that are
entitled. ``matching`` decides every firm and policy in three values; from it, or from a file, a
list of candidates comes in; each becomes a case that two offices and the firm confirm,
that is made public, paid once per instalment, reconciled with the treasury, reviewed and, where it
has to be, paid back.

Terms: item 事项 (one policy's benefit, listed), batch 批次 (one run of candidates), case 兑付事项 (one
firm, one item, one matter), hold 挂起, publicity 拟兑现公示, pool 资金池, payment file 拨付清单, receipt
回单, recovery 追回.
"""
