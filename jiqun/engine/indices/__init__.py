"""Per-mu evaluation (亩均效益综合评价): from land and inputs to grades, each step kept and exact."""
