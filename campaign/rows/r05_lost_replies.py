"""R5: a proxy loses, doubles, delays and cuts what passes; clients insist with the same key."""

from typing import Final

from campaign import invariants
from campaign.bank import Bank, Shape, running_bank
from campaign.client import Caller, Json, Reply
from campaign.load import Load, Operation, a_crowd
from campaign.plan import Attempt, Counts, Plan, Row, RowResult
from campaign.proxy import LOOPBACK, Fault, Proxy, Weather

THOUSAND: Final = 1_000
THOUSAND_WITHIN_S: Final = 300.0
ROW: Final = Row(
    "R5",
    goal="30 % of calls lost, doubled, delayed or cut; retries with the same key: one posting",
    unit="thousands of operations",
    attempts=Counts(ci=20, release=1_000),
    budget_s=Counts(ci=150, release=14_400),
)
RATE: Final = 400.0
READ_AGAIN: Final = 100
"""How many operations of each thousand are asked for again, past the proxy, at the end."""
CONTROL: Final = (
    "the planted bugs reply_kept_apart, lost_commit_run_again and key_of_another_request are what"
    " this row is against (row Q1)"
)

# A call has one chunk each way, so these are shares of calls.
UP: Final = {Fault.LOSE: 0.05, Fault.DOUBLE: 0.05}
DOWN: Final = {Fault.LOSE: 0.07, Fault.TRUNCATE: 0.03, Fault.DOUBLE: 0.05, Fault.DELAY: 0.05}


class Insisting(Caller):
    """A browser with a connection for each call: what is doubled is not taken for the next."""

    async def call(
        self,
        method: str,
        path: str,
        body: Json | None = None,
        *,
        key: str | None = None,
        timeout_s: float = 15.0,
    ) -> Reply:
        """Ask once, and hang up."""
        try:
            return await super().call(method, path, body, key=key, timeout_s=timeout_s)
        finally:
            self.hang_up()


async def run(plan: Plan) -> RowResult:
    """A thousand operations after the other through bad weather, then every promise."""
    async with running_bank(plan.folder / "bank", Shape(api=1)) as bank:
        proxy = Proxy(bank.addresses[0], seed=plan.seed, weather=Weather(delay_s=(0.02, 0.2)))
        async with proxy.listening():
            load: Load | None = None
            for attempt in plan.attempts():
                if load is None or attempt.number % THOUSANDS_A_CROWD == 0:
                    load = await _crowd(bank, proxy, attempt)
                failures, operations = await _a_thousand(bank, proxy, load)
                plan.measure("tries", _tries(load))
                plan.record(attempt, operations=operations, failures=failures)
        struck = sum(proxy.counts.struck.values())
        shown = ", ".join(f"{fault} {count}" for fault, count in proxy.counts.struck.items())
    share = struck / max(1, proxy.counts.connections)
    return plan.result(
        control=CONTROL,
        figures={
            "struck": f"{share:.0%} of {proxy.counts.connections} calls: {shown}",
            "tries for an operation, at most": f"{max(plan.measured('tries'), default=0):.0f}",
        },
    )


THOUSANDS_A_CROWD: Final = 5
"""New people now and then: limits of a day are limits of a day."""


async def _crowd(bank: Bank, proxy: Proxy, attempt: Attempt) -> Load:
    proxy.weather.clear()
    load = await a_crowd(bank, seed=attempt.seed, people=40)
    for person in load.ledger.people:
        person.caller = Insisting([(LOOPBACK, proxy.port)], person.caller.cookies)
    return Load(bank, load.ledger.people, seed=attempt.seed, rate=RATE)


async def _a_thousand(bank: Bank, proxy: Proxy, load: Load) -> tuple[list[str], int]:
    before = len(load.ledger.operations)
    proxy.weather.up, proxy.weather.down = dict(UP), dict(DOWN)
    async with load.running() as told:
        await load.until(load.answered + THOUSAND, within_s=THOUSAND_WITHIN_S)
    proxy.weather.clear()
    fresh = told.operations[before:]
    failures = await invariants.check_all(bank, told)
    told.unsettled.clear()
    told.strange.clear()
    failures += await _same_again(bank, fresh)
    return failures, len(fresh)


async def _same_again(bank: Bank, operations: list[Operation]) -> list[str]:
    """Those that took most tries, asked for again in fair weather: the same bytes."""
    settled = [each for each in operations if each.reply is not None]
    failures = []
    for each in sorted(settled, key=lambda one: -one.tries)[:READ_AGAIN]:
        caller = Caller(bank.addresses, each.person.caller.cookies)
        again, _ = await caller.settle("POST", each.path, each.body, key=each.key, within_s=30)
        caller.hang_up()
        assert each.reply is not None
        if (again.status, again.body) != (each.reply.status, each.reply.body):
            failures.append(f"I7 {each.act} {each.key}: {again.body!r} is not {each.reply.body!r}")
    return failures


def _tries(load: Load) -> int:
    return max((each.tries for each in load.ledger.operations), default=0)
