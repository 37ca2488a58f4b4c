r"""Publicodes 1.0.0-beta.73 → our rules, in four states, without guessing.

    imported = import_rules(programmes, targets=[…], supplied=facts)   # importer
    answers = answer(imported, facts)
    answers.states(programme, target)             # int8 (n,): no, yes, undefined, not applicable
    answers.missing(programme, target, subject)   # the facts it waits for

**What becomes what.** A fact is a rule without a formula, with a default, or with values from
outside; it gets a column, and a second yes-or-no column that says whether it is known. A target
becomes a policy: yes is 符合, undefined is 待核实(缺数据), no is 不符合. Where a target may be not
applicable, a second policy is 符合 exactly there, and the first 不符合. Both are evaluated on the
planes with all others; nothing here evaluates a rule.

**Undefined.** A conditional is undefined where its test is, even if both branches agree: the test
joined with its own opposite is added, which is false where the test is known and unknown where it
is not. "est défini" and defaults must answer where a fact is unknown: they become conditions that
hold or fail *surely*, each atom guarded by the column of its fact's being known.

**Not applicable** counts as no in et, ou and =, as nothing in a sum, and makes a comparison, a
product and what is subtracted from not applicable.

**Covered.** Names (namespaces, ``avec``, private rules), an ancestor that is no or not applicable,
``toutes ces conditions``, ``une de ces conditions``, ``applicable si``, ``non applicable si``,
``valeur``, ``formule``, ``condition``, ``variations``, ``somme``, ``le maximum de``, ``le minimum
de``, ``plafond``, ``plancher``, ``abattement``, ``par défaut``, ``une possibilité``, ``est
(non) défini``, ``est (non) applicable``, ``unité``, comparisons, arithmetic that stays linear,
texts, numbers with units, days, oui and non, and values from outside for computed rules.

**Refused by name** where a target rests on it: the remaining mechanisms, products and quotients of
facts, sums with a per cent sign, units that do not convert, rules in a circle. ``remplace`` and
``rend non applicable`` refuse the whole programme, because they change other rules.

**Known differences.** Numbers are exact here and binary floats there, so at a bound such as
0.1 + 0.2 the two may differ. There, "est non applicable" of a rule that was evaluated a moment ago
and is undefined answers no, otherwise undefined; here always what it is without that memory. The
facts of an answer that rests on "est défini" or on a default of a compound expression may be fewer
here. Two days are never equal there (they are compared as objects); here neither.

Source of the semantics: the sources published with the package, MIT licence.
"""
