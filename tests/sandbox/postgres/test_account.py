"""PostgreSQL refuses root; we serve root all the same, or say the one thing that helps."""

import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import asyncpg
import pytest

from factories.postgres import Supervisor, is_alive, wait_until
from tael.sandbox import PostgresServer, PostgresUnavailable
from tael.sandbox.postgres import account, embedded_bin_dir

as_root = pytest.mark.skipif(os.geteuid() != 0, reason="these are root's ways; this is not root")
NO_NAMESPACE = ("false",)


@pytest.fixture
def passable() -> Iterator[Path]:
    """A folder that every account can pass."""
    folder = Path(tempfile.mkdtemp(prefix="tael-test-"))
    folder.chmod(0o755)
    yield folder
    shutil.rmtree(folder)


async def answers(dsn: str) -> bool:
    connection = await asyncpg.connect(dsn)
    try:
        return bool(await connection.fetchval("SELECT true"))
    finally:
        await connection.close()


async def test_an_ordinary_user_is_served(passable: Path) -> None:
    """As root, a user namespace makes an ordinary user of us who keeps access to the checkout."""
    prefix: tuple[str, ...] = ("unshare", "--user", "--map-user=1000", "--map-group=1000")
    if os.geteuid() == 0:
        if not account._reaches(
            account.Account(uid=0, gid=0, prefix=prefix), embedded_bin_dir(), passable
        ):
            pytest.skip("root without user namespaces cannot play an ordinary user here")
    else:
        prefix = ()
    supervisor = Supervisor.start(passable / "state", prefix)
    try:
        assert await answers(supervisor.dsn)
    finally:
        supervisor.kill()
        wait_until(lambda: not is_alive(supervisor.postmaster))


@as_root
async def test_root_is_served_below_a_closed_home(tmp_path: Path) -> None:
    tmp_path.chmod(0o700)
    if not account._reaches(
        account.Account(uid=0, gid=0, prefix=account._NAMESPACE), embedded_bin_dir(), tmp_path
    ):
        pytest.skip("user namespaces are closed on this machine")
    async with PostgresServer(tmp_path / "state") as server:
        assert await answers(server.dsn_of("postgres"))


@as_root
async def test_root_without_namespaces_uses_another_account(
    passable: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    if not account._reaches(
        account.Account(uid=65534, gid=65534, switch=True), embedded_bin_dir(), passable
    ):
        pytest.skip("the checkout lies below a closed folder, which no other account can pass")
    monkeypatch.setattr(account, "_NAMESPACE", NO_NAMESPACE)
    async with PostgresServer(passable / "state") as server:
        assert await answers(server.dsn_of("postgres"))
        owner = (passable / "state" / "postgres").stat().st_uid
        assert owner != 0
        assert Path(f"/proc/{server.pid}").stat().st_uid == owner


@as_root
def test_root_with_no_way_is_told_the_one_command(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tmp_path.chmod(0o700)
    monkeypatch.setattr(account, "_NAMESPACE", NO_NAMESPACE)
    with pytest.raises(PostgresUnavailable, match=rf"`chmod o\+x [^`]*{tmp_path}") as caught:
        PostgresServer(tmp_path / "state").start()
    assert "\n" not in str(caught.value)
