"""The proxy does to a connection what it says."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path

import pytest
from campaign.proxy import LOOPBACK, Fault, Proxy, Weather

Ends = tuple[asyncio.StreamReader, asyncio.StreamWriter]


@asynccontextmanager
async def _through(weather: Weather) -> AsyncIterator[tuple[Proxy, Ends, list[bytes]]]:
    """A connection through the proxy to a server that answers in capitals."""
    heard: list[bytes] = []

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while chunk := await reader.read(1000):
                heard.append(chunk)
                writer.write(chunk.upper())
                await writer.drain()
        except ConnectionError:
            pass
        finally:
            writer.close()

    server = await asyncio.start_server(answer, LOOPBACK, 0)
    proxy = Proxy((LOOPBACK, server.sockets[0].getsockname()[1]), seed=1, weather=weather)
    async with server, proxy.listening():
        ends = await asyncio.open_connection(LOOPBACK, proxy.port)
        try:
            yield proxy, ends, heard
        finally:
            await _closed(ends[1])


async def _closed(writer: asyncio.StreamWriter) -> None:
    writer.close()
    with suppress(ConnectionError):
        await writer.wait_closed()


async def _asked(ends: Ends) -> bytes:
    ends[1].write(b"hello")
    try:
        return await asyncio.wait_for(ends[0].read(1000), 10)
    except ConnectionError:
        return b""


async def test_fair_weather_changes_nothing() -> None:
    async with _through(Weather()) as (proxy, ends, heard):
        assert await _asked(ends) == b"HELLO"
        assert heard == [b"hello"]
        assert proxy.counts.connections == 1


async def test_a_lost_request_never_arrives_and_the_client_is_hung_up_on() -> None:
    async with _through(Weather(up={Fault.LOSE: 1.0})) as (_, ends, heard):
        assert await _asked(ends) == b""
        assert heard == []


async def test_a_lost_reply_was_carried_out() -> None:
    async with _through(Weather(down={Fault.LOSE: 1.0})) as (proxy, ends, heard):
        assert await _asked(ends) == b""
        assert heard == [b"hello"]
        assert proxy.counts.struck == {Fault.LOSE: 1}


async def test_a_doubled_request_arrives_two_times() -> None:
    async with _through(Weather(up={Fault.DOUBLE: 1.0})) as (_, ends, heard):
        ends[1].write(b"hello")
        assert await asyncio.wait_for(ends[0].readexactly(10), 10) == b"HELLOHELLO"
        assert b"".join(heard) == b"hellohello"


async def test_a_cut_reply_arrives_by_half() -> None:
    async with _through(Weather(down={Fault.TRUNCATE: 1.0})) as (_, ends, _heard):
        assert await _asked(ends) == b"HE"
        assert await asyncio.wait_for(ends[0].read(), 10) == b""


async def test_a_delayed_reply_arrives_late_and_whole() -> None:
    weather = Weather(down={Fault.DELAY: 1.0}, delay_s=(0.05, 0.06))
    async with _through(weather) as (proxy, ends, _heard):
        assert await _asked(ends) == b"HELLO"
        assert proxy.counts.struck == {Fault.DELAY: 1}


async def test_a_half_open_connection_stays_silent() -> None:
    async with _through(Weather(down={Fault.HALF_OPEN: 1.0})) as (_, ends, heard):
        ends[1].write(b"hello")
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(ends[0].read(1000), 0.2)
        assert heard == [b"hello"]


async def test_who_has_disappeared_answers_nobody() -> None:
    async with _through(Weather()) as (proxy, ends, _heard):
        assert await _asked(ends) == b"HELLO"
        proxy.weather.refuses = True
        proxy.cut()
        assert await _asked(ends) == b""
        reader, writer = await asyncio.open_connection(LOOPBACK, proxy.port)
        assert await _asked((reader, writer)) == b""
        await _closed(writer)
        proxy.weather.clear()
        reader, writer = await asyncio.open_connection(LOOPBACK, proxy.port)
        assert await _asked((reader, writer)) == b"HELLO"
        await _closed(writer)


async def test_it_stands_before_a_socket_in_a_folder_too(tmp_path: Path) -> None:
    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(await reader.read(1000))
        writer.close()

    server = await asyncio.start_unix_server(answer, tmp_path / "server")
    proxy = Proxy(tmp_path / "server", seed=1)
    async with server, proxy.listening(tmp_path / "proxy"):
        reader, writer = await asyncio.open_unix_connection(tmp_path / "proxy")
        writer.write(b"hello")
        assert await reader.read() == b"hello"
        writer.close()
