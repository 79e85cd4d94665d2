"""A witness signs what it saw grow, and nothing else; the checkpoint then has two signatures."""

import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from factories import log
from tael import audit
from tael.audit.witnesses import Witness as Asked
from tael.cli.witness import Witness, listen, own_key
from tael.kernel.database import Database
from tael.kernel.settings import Settings
from tael.ledger.jobs import sequence
from tael_verify import Key
from tael_verify.notes import open_checkpoint

NAME = "witness.example/w1"


@pytest.fixture
async def witness(database: Database, settings: Settings, tmp_path: Path) -> Witness:
    """A witness that knows the log's key."""
    await log.a_story(database, 3)
    await log.publish(database, settings.sealer())
    logs = tuple(await log.keys(database))
    return Witness(NAME, own_key(tmp_path), logs, tmp_path / "seen")


@pytest.fixture
def asked(witness: Witness) -> Iterator[Asked]:
    """The same witness, listening, as the log knows it."""
    with listen(witness, host="127.0.0.1", port=0) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        yield Asked.parse(f"{witness.vkey} http://127.0.0.1:{server.server_port}")
        server.shutdown()
        thread.join()


async def published(database: Database, settings: Settings, asked: Asked) -> str:
    """Publish what was posted, asking the witness."""
    await sequence(database)
    await audit.publish(database, settings.sealer(), log.ORIGIN, [asked])
    async with database.read() as session:
        return (await audit.checkpoint(session)).note


async def test_a_checkpoint_carries_the_witness_s_signature(
    database: Database, settings: Settings, witness: Witness, asked: Asked
) -> None:
    keys = [*await log.keys(database), Key.parse(witness.vkey)]
    for size in (10, 15):
        await log.a_story(database, 3)
        note = await published(database, settings, asked)
        opened = open_checkpoint(note, keys)
        assert opened.size == size
        assert [name for name, _ in opened.witnesses] == [NAME]
    # A log that forgot what the witness saw is told, and goes on from there.
    again = Asked(asked.key, asked.url)
    await log.a_story(database, 3)
    assert open_checkpoint(await published(database, settings, again), keys).witnesses


async def test_a_log_goes_on_without_a_witness_that_is_away(
    database: Database, settings: Settings, witness: Witness
) -> None:
    away = Asked.parse(f"{witness.vkey} http://127.0.0.1:9")
    await log.a_story(database, 3)
    note = await published(database, settings, away)
    keys = [*await log.keys(database), Key.parse(witness.vkey)]
    assert open_checkpoint(note, keys).witnesses == ()


async def test_what_a_witness_answers(
    database: Database, settings: Settings, witness: Witness
) -> None:
    sealer = settings.sealer()
    async with database.read() as session:
        first = (await audit.checkpoint(session)).note
    assert witness.add_checkpoint(f"old 0\n\n{first}").status == 200
    await log.a_story(database, 4)
    second = await log.publish(database, sealer)
    async with database.read() as session:
        grown = await audit.growth_since(session, 5)
    answers = {
        f"old 0\n\n{second}": 409,
        f"old 6\n\n{second}": 409,
        f"old 5\n\n{second}": 422,
        f"old 5\n{'A' * 43}=\n\n{second}": 422,
        f"old 99\n\n{second}": 400,
        f"old x\n\n{second}": 400,
        second: 404,
        f"old 5\n\n{second.replace('bank.example', 'bonk.example')}": 404,
        grown.replace("\n11\n", "\n12\n"): 403,
        grown: 200,
        f"old 5\n\n{first}": 409,
        f"old 11\n\n{second}": 200,
    }
    for submission, status in answers.items():
        reply = witness.add_checkpoint(submission)
        assert reply.status == status, submission
        if status == 409:
            assert reply.media_type == "text/x.tlog.size"
            assert reply.text in {"5\n", "11\n"}


async def test_another_log_of_the_same_size_is_not_signed(
    database: Database, settings: Settings, witness: Witness
) -> None:
    async with database.read() as session:
        first = await audit.checkpoint(session)
        signer = await audit.signer(session, settings.sealer(), now=first.at.replace(year=2099))
    assert signer is not None
    assert witness.add_checkpoint(f"old 0\n\n{first.note}").status == 200
    forged = signer.note(f"{log.ORIGIN}\n5\n{'A' * 43}=\n")
    assert witness.add_checkpoint(f"old 5\n\n{forged}").status == 409
