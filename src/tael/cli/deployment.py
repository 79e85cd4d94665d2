"""Which deployment a command talks to: the environment's, or the sandbox under `.tael/`."""

import base64
import json
import os
import secrets
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Final

from tael.kernel.sealed import KEY_BYTES
from tael.kernel.settings import Settings
from tael.sandbox import PostgresServer, running_socket_dir

STATE_DIR: Final = Path(".tael")

_KEYS: Final = ("TAEL_SEALING_KEYS", "TAEL_PIN_KEYS")


@dataclass(frozen=True, slots=True, kw_only=True)
class Running:
    """Where a sandbox that is up can be reached; kept in its state directory."""

    pid: int
    url: str
    world_url: str

    def save(self, state_dir: Path) -> None:
        """Tell other commands, until the sandbox goes down."""
        (state_dir / "running.json").write_text(json.dumps(asdict(self)))

    @classmethod
    def load(cls, state_dir: Path) -> "Running | None":
        """The sandbox that is up, if one is and its process lives."""
        try:
            found = cls(**json.loads((state_dir / "running.json").read_text()))
            os.kill(found.pid, 0)
        except (OSError, ValueError, TypeError):
            return None
        return found


def is_external() -> bool:
    """Whether the environment names a server of the operator's own."""
    return bool(os.environ.get("TAEL_DATABASE_URL"))


def keys(state_dir: Path) -> dict[str, str]:
    """The sandbox's own keys, made once and readable by their owner alone."""
    path = state_dir / "keys.json"
    if not path.exists():
        state_dir.mkdir(parents=True, exist_ok=True)
        made = {name: f"1:{_new_key()}" for name in _KEYS}
        draft = path.with_suffix(".draft")
        draft.touch(mode=0o600)
        draft.write_text(json.dumps(made))
        draft.replace(path)
    found: dict[str, str] = json.loads(path.read_text())
    return found


def _new_key() -> str:
    return base64.b64encode(secrets.token_bytes(KEY_BYTES)).decode()


@asynccontextmanager
async def settings(state_dir: Path = STATE_DIR) -> AsyncIterator[Settings]:
    """The settings of the deployment that this command is for.

    `TAEL_DATABASE_URL` names one. Without it, it is the sandbox in the state directory: the
    server that runs there, or one that is started for as long as the command takes.
    """
    if os.environ.get("TAEL_DATABASE_URL"):
        # A server of its own, with a sandbox's keys unless the environment has others.
        yield Settings.load(_with_keys(os.environ, state_dir))
        return
    socket_dir = running_socket_dir(state_dir)
    if socket_dir is not None:
        yield _sandbox(f"postgresql://postgres@/tael?host={socket_dir}", state_dir)
        return
    async with PostgresServer(state_dir) as server:
        await server.ensure_database()
        yield _sandbox(server.dsn, state_dir)


def _with_keys(environment: Mapping[str, str], state_dir: Path) -> dict[str, str]:
    sandbox = environment.get("TAEL_SANDBOX") == "1"
    return {**(keys(state_dir) if sandbox else {}), **environment}


def _sandbox(database_url: str, state_dir: Path) -> Settings:
    return Settings.load(
        {**keys(state_dir), **os.environ, "TAEL_DATABASE_URL": database_url, "TAEL_SANDBOX": "1"}
    )
