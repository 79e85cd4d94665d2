"""`tael`: the one command."""

import sys

import structlog
from cyclopts import App

from tael.cli import db, demo, doctor, ledger, openapi, qr, sandbox, server, switch, up
from tael.kernel.database import DatabaseUnusable
from tael.kernel.settings import SettingsRefused
from tael.sandbox import PostgresUnavailable

app = App(name="tael", help="A bank's digital wallet.", version="0.1.0")
app.command(up.up)
app.command(server.serve)
app.command(server.worker)
app.command(demo.demo)
app.command(doctor.doctor)
app.command(openapi.openapi)
app.command(db.app)
app.command(ledger.app)
app.command(qr.app)
app.command(switch.app)
app.command(sandbox.app)


def main() -> None:
    """Run a command; what the operator can mend is one line on standard error and exit 1."""
    structlog.configure(logger_factory=structlog.PrintLoggerFactory(sys.stderr))
    try:
        app()
    except (SettingsRefused, DatabaseUnusable, PostgresUnavailable) as fault:
        sys.exit(f"tael: {fault}")
    except KeyboardInterrupt:
        sys.exit(130)
