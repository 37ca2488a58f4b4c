"""Land: which firm makes how much of its land (亩均效益), why, and what would change its grade.

For the county's per-mu office: grades under any place's published rules, opened down to the field,
with the marks of what is unconfirmed. For a firm: its own sheet, what is missing and who holds it,
the nearest path to a better grade.

Terms: 亩均效益评价 per-mu evaluation; 规上 above the threshold of statistics; 不定等级 no grade;
弹性年期 a tenure shorter than the legal 50 years.
"""
