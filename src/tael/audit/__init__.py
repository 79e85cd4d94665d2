"""The transparency log: what stands in it can be proven, and nothing in it can be changed.

An append-only Merkle tree (RFC 6962) of 32-byte entries in tlog-tiles layout, with signed
checkpoints. It knows neither accounts nor movements: whoever appends gives an entry that
hides what it stands for, with the salt that later opens it. Positions are given in commit
order under one lock. It touches no money.
"""

from tael.audit import errors
from tael.audit.check import Difference, check
from tael.audit.jobs import LogRewritten, publish, schedules
from tael.audit.keys import LogKey, Signer, ensure_signer, log_keys, rotate, signer
from tael.audit.published import entries, growth_since, inclusion_text, linked_days, tile
from tael.audit.queries import (
    Checkpoint,
    Inclusion,
    LoggedLeaf,
    Status,
    checkpoint,
    consistency,
    days,
    inclusion,
    latest,
    leaves_after,
    status,
)
from tael.audit.service import SALT_BYTES, Leaf, append

__all__ = [
    "SALT_BYTES",
    "Checkpoint",
    "Difference",
    "Inclusion",
    "Leaf",
    "LogKey",
    "LogRewritten",
    "LoggedLeaf",
    "Signer",
    "Status",
    "append",
    "check",
    "checkpoint",
    "consistency",
    "days",
    "ensure_signer",
    "entries",
    "errors",
    "growth_since",
    "inclusion",
    "inclusion_text",
    "latest",
    "leaves_after",
    "linked_days",
    "log_keys",
    "publish",
    "rotate",
    "schedules",
    "signer",
    "status",
    "tile",
]
