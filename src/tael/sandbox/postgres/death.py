"""A child that outlives us would keep our port, our database or our books."""

import shutil
import signal


def dies_with_us(number: signal.Signals) -> tuple[str, ...]:
    """The words before a child's command that make the kernel signal it when we are gone.

    "We" are the thread that starts the child. Where the kernel knows no such thing (macOS),
    there are no words, and the next start has to find what was left behind.
    """
    program = shutil.which("setpriv")
    return (program, "--pdeathsig", number.name.removeprefix("SIG"), "--") if program else ()
