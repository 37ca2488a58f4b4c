"""A batch of the evaluation from the first sheet to the measures: states, calculations, answers, objections."""
