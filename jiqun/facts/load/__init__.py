"""From a county's folder of tables to facts: the mapping, the checks, what was refused and why."""
