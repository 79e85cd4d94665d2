"""A witness of transparency logs (C2SP tlog-witness): signs a checkpoint once it saw the growth.

It keeps one checkpoint a log in a file, and signs no other log than one that begins with it.
What it believes it checks with `tael_verify`, not with the code that made the log.
"""

import base64
import json
import os
import tempfile
import threading
from collections.abc import Sequence
from dataclasses import dataclass, field
from hashlib import sha256
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Final

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from tael.kernel.clock import machine_now
from tael.kernel.faults import OperatorFault
from tael_verify.merkle import grew
from tael_verify.notes import WITNESS, Checkpoint, Key, Link, Malformed, open_link

BODY_MAX: Final = 64 * 1024
_SUBMISSION: Final = "/add-checkpoint"


@dataclass(frozen=True, slots=True)
class Reply:
    """What a submission is answered with."""

    status: HTTPStatus
    text: str = ""
    media_type: str = "text/plain; charset=utf-8"


@dataclass(slots=True)
class Witness:
    """A witness with its key, the logs that it knows, and what it saw of each last."""

    name: str
    private: Ed25519PrivateKey
    logs: tuple[Key, ...]
    memory: Path
    _one_at_a_time: threading.Lock = field(default_factory=threading.Lock)

    @property
    def key(self) -> Key:
        """The public half, as a log is told it."""
        return Key(self.name, WITNESS, self.private.public_key().public_bytes_raw())

    @property
    def vkey(self) -> str:
        """The public half as it is handed around."""
        packed = base64.b64encode(bytes([WITNESS]) + self.key.public).decode()
        return f"{self.name}+{self.key.key_id.hex()}+{packed}"

    def add_checkpoint(self, body: str) -> Reply:
        """Sign the checkpoint in a submission, if it follows what was seen before."""
        origin = body.partition("\n\n")[2].partition("\n")[0]
        if origin not in {log.name for log in self.logs}:
            return Reply(HTTPStatus.NOT_FOUND)
        try:
            link = open_link(body, self.logs)
        except Malformed as fault:
            unsigned = "trust" in str(fault) or "does not belong" in str(fault)
            return Reply(HTTPStatus.FORBIDDEN if unsigned else HTTPStatus.BAD_REQUEST)
        if not isinstance(link, Link) or link.old > link.checkpoint.size:
            return Reply(HTTPStatus.BAD_REQUEST)
        # Looking and remembering are one act, or two submissions could roll each other back.
        with self._one_at_a_time:
            return self._follow(link, body)

    def _follow(self, link: Link, body: str) -> Reply:
        new = link.checkpoint
        size, root = self._seen(new.origin)
        if link.old != size:
            return Reply(HTTPStatus.CONFLICT, f"{size}\n", "text/x.tlog.size")
        if size == new.size and root != new.root:
            return Reply(HTTPStatus.CONFLICT, f"{size}\n", "text/x.tlog.size")
        if size and not grew((size, root), (new.size, new.root), link.hashes):
            return Reply(HTTPStatus.UNPROCESSABLE_ENTITY)
        if not size and link.hashes:
            return Reply(HTTPStatus.UNPROCESSABLE_ENTITY)
        self._remember(new)
        text = body.partition("\n\n")[2].rpartition("\n\n")[0] + "\n"
        return Reply(HTTPStatus.OK, self._cosigned(text))

    def _cosigned(self, text: str) -> str:
        stamp = int(machine_now().timestamp())
        signature = self.private.sign(f"cosignature/v1\ntime {stamp}\n{text}".encode())
        packed = base64.b64encode(self.key.key_id + stamp.to_bytes(8) + signature).decode()
        return f"— {self.name} {packed}\n"

    def _seen(self, origin: str) -> tuple[int, bytes]:
        try:
            kept = json.loads(self._file(origin).read_text())
        except FileNotFoundError:
            return 0, b""
        return int(kept["size"]), bytes.fromhex(kept["root"])

    def _remember(self, checkpoint: Checkpoint) -> None:
        """On disk, whole or not at all, before anything is signed."""
        kept = {"origin": checkpoint.origin, "size": checkpoint.size, "root": checkpoint.root.hex()}
        self.memory.mkdir(parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile("w", dir=self.memory, delete=False) as draft:
            json.dump(kept, draft)
            draft.flush()
            os.fsync(draft.fileno())
        Path(draft.name).replace(self._file(checkpoint.origin))

    def _file(self, origin: str) -> Path:
        return self.memory / f"{sha256(origin.encode()).hexdigest()}.json"


def listen(witness: Witness, *, host: str, port: int) -> ThreadingHTTPServer:
    """A server that takes submissions; `serve_forever` runs it."""

    class Submissions(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            """Take a submission."""
            length = self.headers.get("Content-Length", "")
            if self.path != _SUBMISSION:
                self._answer(Reply(HTTPStatus.NOT_FOUND))
            elif not length.isdecimal() or int(length) > BODY_MAX:
                self._answer(Reply(HTTPStatus.REQUEST_ENTITY_TOO_LARGE))
            else:
                body = self.rfile.read(int(length)).decode(errors="replace")
                self._answer(witness.add_checkpoint(body))

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - its name there
            """Nothing: what matters is in the answers."""

        def _answer(self, reply: Reply) -> None:
            octets = reply.text.encode()
            self.send_response(reply.status)
            self.send_header("Content-Type", reply.media_type)
            self.send_header("Content-Length", str(len(octets)))
            self.end_headers()
            self.wfile.write(octets)

    return ThreadingHTTPServer((host, port), Submissions)


def serve(
    name: str,
    *,
    log_key: Sequence[str],
    state: Path = Path("witness"),
    host: str = "127.0.0.1",
    port: int = 7370,
) -> None:
    """Run a witness: it cosigns a log's checkpoints after checking that the log only grew.

    Prints the line for TAEL_LOG_WITNESSES of the log that asks it.

    Parameters
    ----------
    name
        What the witness signs as, such as `witness.example/w1`.
    log_key
        The public key of a log to watch (`tael log key`); may be repeated.
    state
        The folder with its own key and what it saw last of each log.
    host
        Where it listens.
    port
        The port that it listens on.
    """
    try:
        logs = tuple(Key.parse(text) for text in log_key)
    except Malformed as fault:
        raise OperatorFault(f"--log-key: {fault}") from None
    witness = Witness(name, own_key(state), logs, state / "seen")
    with listen(witness, host=host, port=port) as server:
        print(f"{witness.vkey} http://{host}:{server.server_port}")
        server.serve_forever()


def own_key(state: Path) -> Ed25519PrivateKey:
    """The witness's key, made once and readable by its owner alone."""
    path = state / "key"
    if not path.exists():
        state.mkdir(parents=True, exist_ok=True)
        draft = path.with_suffix(".draft")
        draft.touch(mode=0o600)
        draft.write_bytes(Ed25519PrivateKey.generate().private_bytes_raw())
        draft.replace(path)
    return Ed25519PrivateKey.from_private_bytes(path.read_bytes())
