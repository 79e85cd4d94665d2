"""Where a process shows its metrics and sends its traces."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from prometheus_client import start_http_server

from tael.kernel.settings import Settings, SettingsRefused


@contextmanager
def observed(settings: Settings, process: str) -> Iterator[None]:
    """Show metrics and send traces while the process runs; raises `SettingsRefused`."""
    server = None
    if settings.metrics_address is not None:
        host, _, port = settings.metrics_address.rpartition(":")
        try:
            server, _thread = start_http_server(int(port), host)
        except (OSError, OverflowError) as fault:
            raise SettingsRefused(
                f"TAEL_METRICS_ADDRESS: cannot listen on {settings.metrics_address}: {fault}"
            ) from fault
    flush = _trace_to(settings.traces_url, process) if settings.traces_url else None
    try:
        yield
    finally:
        if flush is not None:
            flush()
        if server is not None:
            server.shutdown()
            server.server_close()


def _trace_to(url: str, process: str) -> Callable[[], None]:
    """Make and send traces from now on; returns what sends the rest and stops."""
    # Imported here: the exporter costs a tenth of a second and several megabytes, which no
    # command and no deployment without traces should pay.
    from opentelemetry import trace  # noqa: PLC0415 - see above
    from opentelemetry.exporter.otlp.proto.http.trace_exporter import (  # noqa: PLC0415 - see above
        OTLPSpanExporter,
    )
    from opentelemetry.sdk.resources import Resource  # noqa: PLC0415 - see above
    from opentelemetry.sdk.trace import TracerProvider  # noqa: PLC0415 - see above
    from opentelemetry.sdk.trace.export import BatchSpanProcessor  # noqa: PLC0415 - see above

    provider = TracerProvider(resource=Resource.create({"service.name": f"tael-{process}"}))
    provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter(endpoint=url)))
    trace.set_tracer_provider(provider)
    return provider.shutdown
