"""Session tokens: chance that only the browser keeps, for customers and staff alike."""

import hashlib
import secrets
from typing import Final

TOKEN_BYTES: Final = 32


def new_token() -> bytes:
    """256 bits that nobody can guess."""
    return secrets.token_bytes(TOKEN_BYTES)


def hash_token(token: bytes) -> bytes:
    """What a row keeps of a token: a plain hash, for so much chance cannot be turned back."""
    return hashlib.sha256(token).digest()
