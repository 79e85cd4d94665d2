"""What an operator sees of a running process: metrics for Prometheus, traces for OpenTelemetry.

Every metric of the house that needs no domain stands here; a module that has something of its
own to show (how many outcomes are unknown) makes its gauge beside the job that measures it. No
label ever carries an id, a name or an amount: labels have few values and nothing personal.

Requests are traced by the web framework itself; spans of our own lie inside. They cost next to
nothing until the composition root says where they go.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from time import perf_counter
from typing import Final

from opentelemetry import trace
from prometheus_client import Counter, Gauge, Histogram

TRACER: Final = trace.get_tracer("tael")

REQUESTS: Final = Histogram(
    "tael_http_request_seconds",
    "Time from a request's head to the end of its reply, by route and status.",
    ["method", "route", "status"],
    buckets=(0.005, 0.01, 0.025, 0.05, 0.1, 0.15, 0.25, 0.5, 1, 2.5, 5, 10),
)

SET_SECONDS: Final = Histogram(
    "tael_committer_set_seconds",
    "Time to settle one set of commands: lock, decide, write, commit.",
    ["committer"],
    buckets=(0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10),
)
SET_COMMANDS: Final = Histogram(
    "tael_committer_set_commands",
    "Commands that shared one commit.",
    ["committer"],
    buckets=(1, 2, 5, 10, 20, 50, 100, 200, 500, 1_000, 2_000, 5_000, 10_000),
)
WAITING: Final = Gauge(
    "tael_committer_waiting", "Commands that wait for the set before them.", ["committer"]
)
SETS_DISTURBED: Final = Counter(
    "tael_committer_sets_disturbed",
    "Sets that did not commit at the first try, by what came between.",
    ["committer", "by"],
)
SCHEDULE_FAILURES: Final = Counter(
    "tael_schedule_failures", "Rounds of a worker's schedule that failed.", ["schedule"]
)
SCHEDULE_SECONDS: Final = Gauge(
    "tael_schedule_last_seconds", "How long a schedule's last round took.", ["schedule"]
)


@contextmanager
def a_set(committer: str, commands: int, waiting: int) -> Iterator[None]:
    """Measure and trace the settling of one set."""
    SET_COMMANDS.labels(committer).observe(commands)
    WAITING.labels(committer).set(waiting)
    with TRACER.start_as_current_span(
        "committer.set", attributes={"tael.committer": committer, "tael.commands": commands}
    ):
        begun = perf_counter()
        try:
            yield
        finally:
            SET_SECONDS.labels(committer).observe(perf_counter() - begun)
