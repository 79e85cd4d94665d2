"""Logs: a line an event on standard error, for people on a terminal, as JSON elsewhere.

A traceback is printed without the values of variables: they hold PINs, codes and card numbers.
"""

import sys

import structlog


def configure() -> None:
    """Set up logging for a process; called once, before anything logs."""
    terminal = sys.stderr.isatty()
    renderer: structlog.typing.Processor
    if terminal:
        renderer = structlog.dev.ConsoleRenderer(exception_formatter=structlog.dev.plain_traceback)
    else:
        renderer = structlog.processors.JSONRenderer()
    plain = [] if terminal else [structlog.processors.format_exc_info]
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            *plain,
            renderer,
        ],
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
        cache_logger_on_first_use=True,
    )
