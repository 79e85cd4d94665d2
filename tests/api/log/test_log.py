"""/log: what anybody reads, and can rebuild the whole tree from."""

import asyncpg
import httpx
import pytest

from factories import log
from factories.ledger import NOON
from tael import audit
from tael.audit.merkle import Node, full_hash, leaf_hash, root
from tael.kernel.database import Database
from tael.kernel.settings import Settings
from tael_verify import Link, connect
from tael_verify.notes import open_checkpoint, open_link


@pytest.fixture
async def note(database: Database, settings: Settings) -> str:
    """The checkpoint of 300 movements."""
    await log.a_story(database, 298)
    return await log.publish(database, settings.sealer())


async def test_anybody_can_rebuild_the_tree(
    note: str, client: httpx.AsyncClient, database: Database
) -> None:
    reply = await client.get("/log/checkpoint")
    assert reply.text == note
    assert reply.headers["content-type"] == "text/plain; charset=utf-8"
    assert reply.headers["cache-control"] == "public, max-age=1"
    published = open_checkpoint(reply.text, await log.keys(database))
    assert published.size == 300
    entries: list[bytes] = []
    for path in ("000", "001.p/44"):
        reply = await client.get(f"/log/tile/entries/{path}")
        assert reply.status_code == 200
        packed = reply.content
        while packed:
            length = int.from_bytes(packed[:2])
            entries.append(packed[2 : 2 + length])
            packed = packed[2 + length :]
    hashes = [leaf_hash(entry) for entry in entries]

    def lookup(node: Node) -> bytes:
        return full_hash(hashes[node.number << node.level : (node.number + 1) << node.level])

    assert root(300, lookup) == published.root
    full = await client.get("/log/tile/0/000")
    assert full.content == b"".join(hashes[:256])
    assert full.headers["content-type"] == "application/octet-stream"
    assert full.headers["cache-control"] == "public, max-age=31536000, immutable"
    assert full.headers["access-control-allow-origin"] == "*"
    assert (await client.get("/log/tile/0/001.p/44")).content == b"".join(hashes[256:])
    assert (await client.get("/log/tile/0/001.p/7")).content == b"".join(hashes[256:263])
    assert (await client.get("/log/tile/1/000.p/1")).content == lookup(Node(8, 0))


NOT_PUBLISHED = [
    "tile/0/001",
    "tile/0/001.p/45",
    "tile/0/002.p/1",
    "tile/1/000",
    "tile/2/000.p/1",
    "tile/entries/001",
    "tile/entries/001.p/45",
    "tile/entries/1",
    "tile/entries/../000",
    "tile/-1/000",
    "tile/0/000.p/0",
    "tile/0/x000/000",
    "consistency/301",
    "consistency/1/301",
    "consistency/1/299",
    "consistency/300/1",
]


async def test_what_was_not_published_is_not_there(note: str, client: httpx.AsyncClient) -> None:
    for path in NOT_PUBLISHED:
        reply = await client.get(f"/log/{path}")
        assert reply.status_code == 404, path
        assert reply.json()["code"] in {
            "audit.no_such_tile",
            "audit.no_checkpoint",
            "request.not_found",
        }


async def test_the_log_grows_provably(
    note: str, client: httpx.AsyncClient, database: Database, settings: Settings
) -> None:
    keys = await log.keys(database)
    kept = open_checkpoint(note, keys)
    await log.a_story(database, 10)
    await log.publish(database, settings.sealer())
    reply = await client.get("/log/consistency/300")
    link = open_link(reply.text, keys)
    assert isinstance(link, Link)
    assert link.checkpoint.size == 312
    assert connect(kept, [kept, link])
    between = await client.get("/log/consistency/299/312")
    assert between.status_code == 200
    assert "immutable" in between.headers["cache-control"]
    # A tree of a size that had no checkpoint is proven too; only the later one must be kept.
    assert (await client.get("/log/consistency/1/300")).status_code == 200


async def test_days_are_linked(
    note: str,
    client: httpx.AsyncClient,
    database: Database,
    settings: Settings,
    owner: asyncpg.Connection,
) -> None:
    for _ in range(3):
        await owner.execute("UPDATE kernel_business_clock SET ahead = ahead + interval '1 day'")
        for _ in range(2):
            await log.a_story(database, 5)
            await log.publish(database, settings.sealer())
    days = (await client.get("/log/days")).json()["days"]
    assert [day["size"] for day in days] == [342, 328, 314, 300]
    assert len({day["day"] for day in days}) == 4
    keys = await log.keys(database)
    read = [open_link(day["checkpoint"], keys) for day in days]
    assert all(isinstance(one, Link) for one in read[:-1])
    newest = read[0].checkpoint if isinstance(read[0], Link) else read[0]
    assert len(connect(newest, read)) == 4


async def test_an_empty_log_says_so(client: httpx.AsyncClient) -> None:
    assert (await client.get("/log/checkpoint")).json()["code"] == "audit.no_checkpoint"
    assert (await client.get("/log/tile/0/000.p/1")).json()["code"] == "audit.no_such_tile"
    assert (await client.get("/log/days")).json() == {"days": []}
    assert (await client.get("/log/keys")).json() == {"keys": []}
    for path in ("", "nothing", "tile", "checkpoint/"):
        assert (await client.get(f"/log/{path}")).status_code == 404
    assert (await client.post("/log/checkpoint")).status_code == 405


async def test_keys_are_published_with_who_introduced_them(
    note: str, client: httpx.AsyncClient, database: Database, settings: Settings
) -> None:
    async with database.write() as session:
        await audit.rotate(session, settings.sealer(), now=NOON.replace(year=2027))
    first, second = (await client.get("/log/keys")).json()["keys"]
    assert first["signs_until"]
    assert second["signs_until"] is None
    assert second["announcement"].startswith(f"tael log key\n{log.ORIGIN}\n{second['key']}\n")
