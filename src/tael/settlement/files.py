"""The port to the switch's settlement files: over HTTP, or from a folder where they are put."""

import asyncio
from datetime import date
from pathlib import Path
from typing import Final, Protocol

import httpx

FILE_OCTETS_MAX: Final = 200_000_000
FILE_TIMEOUT_S: Final = 60.0


class FileUnavailable(Exception):
    """The switch's files cannot be reached now; nothing is known of the day's."""


class SettlementFiles(Protocol):
    """Where a day's file comes from."""

    async def fetch(self, day: date) -> bytes | None:
        """The day's file; None while there is none. Raises `FileUnavailable`."""
        ...


class HttpSettlementFiles:
    """Files given over HTTP: `GET URL/YYYY-MM-DD`, 404 while there is none."""

    def __init__(self, url: str, client: httpx.AsyncClient) -> None:
        self._url = url.rstrip("/")
        self._client = client

    async def fetch(self, day: date) -> bytes | None:
        """The day's file, of at most `FILE_OCTETS_MAX`."""
        pieces: list[bytes] = []
        size = 0
        address = f"{self._url}/{day.isoformat()}"
        try:
            async with self._client.stream("GET", address, timeout=FILE_TIMEOUT_S) as answer:
                if answer.status_code == httpx.codes.NOT_FOUND:
                    return None
                answer.raise_for_status()
                async for piece in answer.aiter_bytes():
                    pieces.append(piece)
                    size += len(piece)
                    if size > FILE_OCTETS_MAX:
                        raise FileUnavailable(f"the file is larger than {FILE_OCTETS_MAX} octets")
        except httpx.HTTPError as fault:
            raise FileUnavailable(str(fault) or type(fault).__name__) from fault
        return b"".join(pieces)


class FolderSettlementFiles:
    """Files that somebody put into a folder, as `YYYY-MM-DD.txt`."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    async def fetch(self, day: date) -> bytes | None:
        """The day's file."""
        path = self._folder / f"{day.isoformat()}.txt"
        try:
            return await asyncio.to_thread(path.read_bytes)
        except FileNotFoundError:
            return None
        except OSError as fault:
            raise FileUnavailable(str(fault)) from fault
