"""The stand-alone verifier of Tael receipts.

It imports nothing of the server, needs no network and nothing but Python's standard library,
so it can be read in an hour and run anywhere: `python -m tael_verify RECEIPT --key KEY`.
"""

from tael_verify.notes import Checkpoint, Key, Link, Malformed
from tael_verify.receipts import Disproven, Unconnected, Verdict, connect, verify

__all__ = [
    "Checkpoint",
    "Disproven",
    "Key",
    "Link",
    "Malformed",
    "Unconnected",
    "Verdict",
    "connect",
    "verify",
]
