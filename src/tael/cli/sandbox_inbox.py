"""`tael sandbox inbox`: what the phones of the sandbox have received."""

import sys
import time
from pathlib import Path
from typing import Annotated, Any, Final

import httpx
from cyclopts import Parameter
from rich.console import Console
from rich.text import Text

from tael.cli import deployment
from tael.cli.deployment import Running
from tael.cli.lines import answer

POLL_S: Final = 0.5

_console = Console(highlight=False)


def inbox(
    *,
    to: str | None = None,
    json: Annotated[bool, Parameter(negative="")] = False,
    follow: Annotated[bool, Parameter(negative="")] = False,
    state_dir: Path = deployment.STATE_DIR,
) -> None:
    """Show the SMS that phones in the sandbox have received, oldest first.

    Parameters
    ----------
    to
        Only this phone's.
    json
        One line of JSON a message.
    follow
        Keep waiting for more, until interrupted.
    state_dir
        The sandbox's state directory.
    """
    running = Running.load(state_dir)
    if running is None:
        sys.exit("tael: the sandbox is not up: run `make up`")
    with httpx.Client(base_url=running.world_url, trust_env=False) as world:
        latest = _show(_messages(world, to), after="", as_json=json)
        if not latest and not json:
            _console.print("No messages yet.")
        while follow:
            time.sleep(POLL_S)
            latest = _show(_messages(world, to), after=latest, as_json=json)


def _messages(world: httpx.Client, to: str | None) -> list[dict[str, Any]]:
    try:
        reply = world.get("/sms/inbox", params={"to": to} if to else {})
        reply.raise_for_status()
    except httpx.HTTPError:
        sys.exit("tael: the sandbox's outside world does not answer: is `make up` still running?")
    messages: list[dict[str, Any]] = reply.json()["messages"]
    return messages


def _show(messages: list[dict[str, Any]], *, after: str, as_json: bool) -> str:
    """Show the messages that came after a time; returns the time of the last one."""
    fresh = [message for message in messages if message["sent_at"] > after]
    for message in fresh:
        if as_json:
            answer(message)
            continue
        head = Text(f"{message['sent_at'][11:19]}  {message['to']}  ", style="dim")
        _console.print(head + Text(message["text"], style="default"), soft_wrap=True)
    return fresh[-1]["sent_at"] if fresh else after
