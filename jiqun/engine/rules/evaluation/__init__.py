"""Evaluation on bit planes: columns in, verdicts, amounts, explanations and what-ifs out."""
