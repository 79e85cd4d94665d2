"""One module a row of the scorecard, each with `ROW` and `run`."""
