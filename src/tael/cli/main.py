"""`tael`: the one command."""

import sys

from cyclopts import App

from tael.kernel import logs
from tael.kernel.faults import OperatorFault

app = App(name="tael", help="A bank's digital wallet.", version="0.1.0")
# By name, so that reading a code does not wait for the whole bank to be imported.
app.command("tael.cli.up:up", name="up", help="Run the sandbox bank on this machine.")
app.command("tael.cli.server:serve", name="serve", help="Serve the app and its API.")
app.command(
    "tael.cli.server:worker", name="worker", help="Run the jobs: events, messages, what is pending."
)
app.command(
    "tael.cli.demo:demo", name="demo", help="Do the main job over HTTP, then check the books."
)
app.command(
    "tael.cli.doctor:doctor", name="doctor", help="Say what is right and wrong with a deployment."
)
app.command("tael.cli.openapi:openapi", name="openapi", help="Print the description of the API.")
app.command("tael.cli.db:app", name="db", help="Bring the schema up; back up, restore.")
app.command("tael.cli.ledger:app", name="ledger", help="Check the books.")
app.command(
    "tael.cli.statements:statement", name="statement", help="Write a wallet's month to a file."
)
app.command(
    "tael.cli.statements:app", name="statements", help="Show the key that signs statements."
)
app.command("tael.cli.staff:app", name="staff", help="Say who uses the bank's console.")
app.command(
    "tael.cli.log:app", name="log", help="The transparency log: keys, checkpoints, witnesses."
)
app.command(
    "tael.cli.receipt:app", name="receipt", help="Verify receipts without trusting the bank."
)
app.command(
    "tael.cli.settlement:app", name="settlement", help="Compare days with the switch's files."
)
app.command("tael.cli.qr:app", name="qr", help="Read and make codes to scan.")
app.command("tael.cli.switch:app", name="switch", help="Read card switch messages.")
app.command(
    "tael.cli.sandbox:app",
    name="sandbox",
    help="Move the clock, read the inbox, order faults, start anew.",
)


def main() -> None:
    """Run a command; what the operator can mend is a line on standard error and exit 1."""
    logs.configure()
    try:
        app()
    except OperatorFault as fault:
        sys.exit(f"tael: {fault}")
    except KeyboardInterrupt:
        sys.exit(130)
