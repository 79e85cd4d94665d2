"""What an operator sees is what happened; a stranger cannot make labels of his own."""

import socket
import urllib.request
from collections.abc import Iterator
from datetime import timedelta
from typing import ClassVar

import asyncpg
import httpx
import pytest
from opentelemetry import trace
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from prometheus_client import REGISTRY

from factories import ledger as f
from factories.identity import Browser
from factories.shops import Bank, authorise_payment, payment_body, yuan
from tael import merchants
from tael.cli.observability import observed
from tael.jobs import lag
from tael.kernel import outbox
from tael.kernel.clock import machine_now
from tael.kernel.database import Database
from tael.kernel.settings import Settings, SettingsRefused
from tael.ledger.jobs import measure, sequence


def sample(name: str, **labels: str) -> float:
    """A metric's value as it stands; zero where it was never set."""
    return REGISTRY.get_sample_value(name, labels) or 0.0


async def test_a_request_is_counted_by_its_route_and_status(customer: Browser) -> None:
    labels = {"method": "GET", "route": "/api/payments/{payment}", "status": "404"}
    before = sample("tael_http_request_seconds_count", **labels)
    await customer.get("/payments/pay_01j9z3k4m5n6p7q8r9s0t1v2w3")
    assert sample("tael_http_request_seconds_count", **labels) == before + 1


async def test_a_path_that_does_not_exist_makes_no_label(client: httpx.AsyncClient) -> None:
    for number in range(3):
        await client.get(f"/api/nowhere/{number}")
    routes = {
        each.labels["route"]
        for metric in REGISTRY.collect()
        for each in metric.samples
        if each.name == "tael_http_request_seconds_count"
    }
    assert not any("nowhere" in route for route in routes), routes


async def test_a_payment_is_one_command_of_a_set(
    payer: Browser, bank: Bank, shop: merchants.Store
) -> None:
    before = sample("tael_committer_set_commands_sum", committer="payments")
    order = await bank.an_order(shop, yuan(3))
    authorisation = await authorise_payment(payer, shop, order, yuan(3))
    reply = await payer.post("/payments", payment_body(shop, order, yuan(3), authorisation))
    assert reply.status_code == 201, reply.text
    assert sample("tael_committer_set_commands_sum", committer="payments") == before + 1
    assert sample("tael_committer_set_seconds_count", committer="payments") >= 1


class Happened(outbox.Event):
    """Something for a subscriber."""

    topic: ClassVar[str] = "test.happened.v1"


async def test_the_outbox_tells_how_far_behind_it_is(
    database: Database, owner: asyncpg.Connection
) -> None:
    async with database.write() as session:
        await outbox.emit(session, Happened(), Happened())
    old = machine_now() - timedelta(minutes=10)
    await owner.execute("UPDATE kernel_outbox SET recorded_at = $1", old)
    await lag.measure(database)
    assert sample("tael_outbox_unsequenced") == 2
    assert sample("tael_outbox_unsequenced_age_seconds") >= 600
    await owner.execute("UPDATE kernel_outbox SET position = nextval('kernel_outbox_position')")
    await owner.execute("INSERT INTO kernel_outbox_cursors (subscriber) VALUES ('slow')")
    await owner.execute(
        "INSERT INTO kernel_outbox_dead_letters VALUES ('slow', 1, 'no', now())",
    )
    await lag.measure(database)
    assert sample("tael_outbox_unsequenced") == 0
    assert sample("tael_outbox_behind", subscriber="slow") == 2
    assert sample("tael_outbox_behind_age_seconds", subscriber="slow") >= 600
    assert sample("tael_outbox_dead_letters") == 1


async def test_the_ledger_tells_what_waits_and_what_runs_out(
    database: Database, owner: asyncpg.Connection
) -> None:
    await f.funded(database, 100, 200)
    await measure(database)
    assert sample("tael_log_behind") == 1
    assert sample("tael_log_size") == 0
    assert sample("tael_ledger_months_ahead") == 3
    assert sample("tael_ledger_days_to_close") == 0
    await sequence(database)
    await measure(database)
    assert sample("tael_log_behind") == 0
    assert sample("tael_log_behind_age_seconds") == 0
    assert sample("tael_log_size") == 2


@pytest.fixture
def spans() -> Iterator[InMemorySpanExporter]:
    """What is traced while the test runs."""
    kept = InMemorySpanExporter()
    provider = trace.get_tracer_provider()
    if not isinstance(provider, TracerProvider):
        provider = TracerProvider()
        trace.set_tracer_provider(provider)
    provider.add_span_processor(SimpleSpanProcessor(kept))
    yield kept
    kept.shutdown()


async def test_a_request_is_part_of_the_callers_trace(
    client: httpx.AsyncClient, spans: InMemorySpanExporter
) -> None:
    caller = "0af7651916cd43dd8448eb211c80319c"
    await client.get(
        "/api/health/live", headers={"traceparent": f"00-{caller}-b7ad6b7169203331-01"}
    )
    [span] = [each for each in spans.get_finished_spans() if each.name.startswith("GET /api/he")]
    assert span.context is not None
    assert f"{span.context.trace_id:032x}" == caller
    assert len(str((span.attributes or {})["tael.request_id"])) == 16


def test_a_process_shows_its_metrics_where_it_is_told(settings: Settings) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        address = f"127.0.0.1:{free.getsockname()[1]}"
    shown = settings.model_copy(update={"metrics_address": address})
    with observed(shown, "api"), urllib.request.urlopen(f"http://{address}/metrics") as reply:
        assert b"tael_committer_set_seconds" in reply.read()
    with pytest.raises(OSError, match="refused"):
        urllib.request.urlopen(f"http://{address}/metrics")


def test_an_address_that_is_taken_is_one_line_for_the_operator(settings: Settings) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        address = f"127.0.0.1:{taken.getsockname()[1]}"
        with (
            pytest.raises(SettingsRefused, match="TAEL_METRICS_ADDRESS"),
            observed(settings.model_copy(update={"metrics_address": address}), "api"),
        ):
            pass
