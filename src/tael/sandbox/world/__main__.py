"""Run the outside world: `python -m tael.sandbox.world --dir DIR`.

Prints one line of JSON when it is ready: `{"ready": true, "http_port": …, "switch_port": …}`.
"""

import argparse
import asyncio
import json
import os
import signal
import sys
from pathlib import Path
from typing import Final

from tael.sandbox.world.app import running_world

_READ_OCTETS: Final = 1024


def main() -> None:
    """Parse the command line and run until a signal, or until standard input closes if asked."""
    parser = argparse.ArgumentParser(prog="python -m tael.sandbox.world", description=__doc__)
    parser.add_argument("--dir", type=Path, required=True, help="where the world keeps its books")
    parser.add_argument("--http-port", type=int, default=0, help="0 takes a free port")
    parser.add_argument("--switch-port", type=int, default=0, help="0 takes a free port")
    parser.add_argument(
        "--while-stdin",
        action="store_true",
        help="end when standard input closes, so that a killed parent leaves no orphan",
    )
    options = parser.parse_args()
    asyncio.run(
        _run(
            options.dir, (options.http_port, options.switch_port), while_stdin=options.while_stdin
        ),
    )


async def _run(directory: Path, ports: tuple[int, int], *, while_stdin: bool) -> None:
    loop = asyncio.get_running_loop()
    ended = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, ended.set)
    if while_stdin:
        loop.add_reader(sys.stdin.fileno(), _drain, ended)
    http_port, switch_port = ports
    async with running_world(directory, http_port=http_port, switch_port=switch_port) as world:
        ready = {"ready": True, "http_port": world.http_port, "switch_port": world.switch_port}
        sys.stdout.write(json.dumps(ready) + "\n")
        sys.stdout.flush()
        await ended.wait()


def _drain(ended: asyncio.Event) -> None:
    if not os.read(sys.stdin.fileno(), _READ_OCTETS):
        ended.set()


if __name__ == "__main__":
    main()
