"""`tael receipt`: check what a customer was given, as the customer would."""

import sys
from collections.abc import Sequence

from cyclopts import App

from tael_verify.__main__ import main

app = App(name="receipt", help="Verify receipts without trusting the bank.")


@app.command
def verify(
    receipt: str | None = None,
    *,
    key: Sequence[str],
    checkpoint: Sequence[str] = (),
    older: Sequence[str] = (),
) -> None:
    """Verify a receipt offline, and that kept checkpoints are of the log that it is in.

    Exits 0 when all is true, 1 when something is false, 2 when something cannot be read, 3
    when two checkpoints cannot be compared. The same as `python -m tael_verify`.

    Parameters
    ----------
    receipt
        The receipt, as it was downloaded; without it, only the checkpoints are compared.
    key
        The log's public key (`tael log key`), a witness's, or a file with keys.
    checkpoint
        A checkpoint from elsewhere, or a proof of growth with one.
    older
        A checkpoint that was kept earlier.
    """
    named = (("--key", key), ("--checkpoint", checkpoint), ("--older", older))
    options = [word for name, values in named for value in values for word in (name, value)]
    sys.exit(main([*([receipt] if receipt else []), *options]))
