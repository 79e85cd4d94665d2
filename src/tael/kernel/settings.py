"""Settings: read from the environment once, checked before anything starts."""

import base64
import binascii
import ipaddress
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Self

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    ValidationError,
    model_validator,
)

from tael.kernel.faults import OperatorFault
from tael.kernel.sealed import KEY_BYTES, Sealer

_PREFIX = "TAEL_"


class SettingsRefused(OperatorFault):
    """The environment does not make a usable configuration."""


def _ring(text: object) -> object:
    """`1:base64key,2:base64key` → {1: key, 2: key}."""
    if not isinstance(text, str):
        return text
    ring: dict[int, bytes] = {}
    for part in text.split(","):
        version, _, encoded = part.strip().partition(":")
        try:
            ring[int(version)] = base64.b64decode(encoded, validate=True)
        except (ValueError, binascii.Error):
            raise ValueError("is VERSION:BASE64KEY, joined by commas") from None
    return ring


def _long_enough(ring: dict[int, bytes]) -> dict[int, bytes]:
    if not ring or any(len(key) != KEY_BYTES for key in ring.values()):
        raise ValueError(f"each key is {KEY_BYTES} bytes in base64")
    return ring


KeyRing = Annotated[dict[int, bytes], BeforeValidator(_ring), AfterValidator(_long_enough)]


class Settings(BaseModel):
    """Everything that differs from one deployment to another, each from `TAEL_<NAME>`."""

    model_config = ConfigDict(
        frozen=True, extra="forbid", hide_input_in_errors=True, use_attribute_docstrings=True
    )

    database_url: str = Field(min_length=1)
    """PostgreSQL 15 or newer, as asyncpg takes it."""
    migrator_database_url: str | None = None
    """The owner's log-in for `tael db upgrade`, where it is not the application's."""
    sealing_keys: KeyRing = Field(repr=False)
    """The ring that seals personal data: `VERSION:BASE64KEY`, joined by commas."""
    pin_keys: KeyRing = Field(repr=False)
    """The ring that peppers payment PINs."""
    sandbox: bool = False
    """Serve the sandbox's routes and movable clock. Only on loopback."""
    host: str = "127.0.0.1"
    """Where `tael serve` listens. TLS is ended before it."""
    port: int = Field(default=8000, ge=0, le=65535)
    """The port that it listens on."""
    origin: str | None = None
    """The one origin that browsers may call from, when it is not http://localhost:PORT."""
    world_url: str | None = None
    """The outside world's HTTP end in the sandbox."""
    sms_url: str | None = None
    """The SMS gateway: where a message is posted as JSON `{id, to, text}`."""
    proofing_url: str | None = None
    """The identity register: where name, ID number and portrait are checked."""
    card_verification_url: str | None = None
    """The acquirer's four-element check of cards."""
    switch_address: str | None = Field(default=None, pattern=r"^[^:]+:\d+$")
    """HOST:PORT of the card switch (ISO 8583 over TCP)."""
    switch_timeout_s: float = Field(default=8, gt=0, le=60)
    """How long a request to the switch may take before its outcome is unknown."""
    log_origin: str | None = Field(default=None, pattern=r"^[^\s+]+$", max_length=200)
    """The transparency log's name in its checkpoints, when it is not ORIGIN's host and /log."""
    log_witnesses: str | None = None
    """Witnesses that cosign the log's checkpoints: `VKEY URL`, joined by commas."""
    settlement_url: str | None = None
    """Where the card switch gives its settlement files: `URL/YYYY-MM-DD`."""
    limits_file: Path | None = None
    """Dated limits, instead of the file that comes with Tael."""
    statement_key_file: Path | None = None
    """The key that statements are signed with (PEM). A sandbox makes its own."""
    statement_certificate_file: Path | None = None
    """The certificate of that key (PEM)."""
    rates_file: Path | None = None
    """Dated interest rates, instead of the file that comes with Tael."""
    pin_hash_memory_kib: int = Field(default=19 * 1024, ge=64)
    """Memory of one Argon2id hash of a PIN."""
    pin_hash_rounds: int = Field(default=2, ge=1)
    """Passes of one Argon2id hash over its memory."""
    pin_hash_threads: int = Field(default=2, ge=1, le=64)
    """How many PIN checks one process runs at once."""
    pool_read: int = Field(default=8, ge=1, le=200)
    """Connections of one process for reading."""
    pool_write: int = Field(default=8, ge=1, le=200)
    """Connections of one process for writing."""

    metrics_address: str | None = Field(default=None, pattern=r"^[^:]+:\d+$")
    """HOST:PORT where this process shows its metrics to Prometheus; none are shown without it."""
    traces_url: str | None = None
    """Where traces are sent (OTLP over HTTP); none are made without it."""

    @model_validator(mode="after")
    def _sandbox_stays_home(self) -> Self:
        if self.sandbox and not _is_loopback(self.host):
            raise ValueError("a sandbox listens on loopback only: set TAEL_HOST=127.0.0.1")
        return self

    @classmethod
    def load(cls, environment: Mapping[str, str] | None = None) -> "Settings":
        """Read `TAEL_*`; raises `SettingsRefused` with one line for each thing that is wrong."""
        source = os.environ if environment is None else environment
        named = {
            name: source[_PREFIX + name.upper()]
            for name in cls.model_fields
            if source.get(_PREFIX + name.upper(), "") != ""
        }
        try:
            return cls.model_validate(named)
        except ValidationError as fault:
            lines = [_line(error["loc"], error["msg"]) for error in fault.errors()]
            raise SettingsRefused("\n".join(lines)) from None

    def sealer(self) -> Sealer:
        """The sealer over this deployment's ring."""
        return Sealer(self.sealing_keys)

    @property
    def browser_origin(self) -> str:
        """Where the app is served from, as a browser names it."""
        return self.origin or f"http://localhost:{self.port}"

    @property
    def log_name(self) -> str:
        """What the log's first key is named after; later ones keep the name."""
        return self.log_origin or f"{self.browser_origin.partition('://')[2]}/log"


def _line(location: tuple[int | str, ...], message: str) -> str:
    name = f"{_PREFIX}{str(location[0]).upper()}: " if location else ""
    return f"{name}{message.removeprefix('Value error, ')}"


def _is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
