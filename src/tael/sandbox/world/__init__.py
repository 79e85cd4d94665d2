"""The outside world of the sandbox: the far ends of the lines that Tael speaks to others over.

One separate process on loopback (`python -m tael.sandbox.world --dir DIR`), with its own books in
SQLite. It knows nothing of Tael but the protocols: ISO 8583 over TCP for the card switch, HTTP
for card verification, short messages and identity proofing. Faults are ordered through
`POST /control`; `GET /books` tells what the other bank believes, for comparison with ours.
"""

from tael.sandbox.world.app import World, running_world

__all__ = ["World", "running_world"]
