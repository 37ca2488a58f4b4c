"""Single values as bureaux write them: periods, quantities with units, credit codes."""
