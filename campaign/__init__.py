"""The fault campaign: the rows of the scorecard, run against a whole bank of real processes.

`make campaign LEVEL=ci|release`, or `python -m campaign --row R1`. A row is a module in
`campaign/rows/` with its goal and `async def run(plan) -> RowResult` (see `campaign.plan`).
"""
