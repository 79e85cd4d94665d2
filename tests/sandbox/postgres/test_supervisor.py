"""Whatever dies, committed rows survive, and there are never two servers on one database."""

import asyncio
import os
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import asyncpg
import pytest

from factories.postgres import Supervisor, end, is_alive, wait_until
from tael.sandbox import PostgresServer, PostgresUnavailable, running_socket_dir

linux_only = pytest.mark.skipif(
    not sys.platform.startswith("linux"), reason="only Linux tells a child of its parent's death"
)


@pytest.fixture
def state_dir() -> Iterator[Path]:
    """A short and passable path, as a checkout has; pytest's own are deep and closed."""
    folder = Path(tempfile.mkdtemp(prefix="tael-test-"))
    folder.chmod(0o755)
    yield folder / "state"
    shutil.rmtree(folder)


def run(dsn: str, sql: str) -> object:
    """Run one statement and give its first value."""

    async def once() -> object:
        connection = await asyncpg.connect(dsn)
        try:
            return await connection.fetchval(sql)
        finally:
            await connection.close()

    return asyncio.run(once())


def write_row(dsn: str) -> None:
    run(dsn, "CREATE TABLE IF NOT EXISTS kept (id int GENERATED ALWAYS AS IDENTITY)")
    run(dsn, "INSERT INTO kept DEFAULT VALUES")


def rows(dsn: str) -> object:
    return run(dsn, "SELECT count(*) FROM kept")


def test_it_is_durable_private_and_checks_its_pages(state_dir: Path) -> None:
    with PostgresServer(state_dir) as server:
        asyncio.run(server.ensure_database("tael"))
        shown = {
            name: run(server.dsn, f"SHOW {name}")
            for name in (
                "fsync",
                "synchronous_commit",
                "full_page_writes",
                "data_checksums",
                "server_encoding",
                "listen_addresses",
            )
        }
        collation = run(server.dsn, "SELECT 'ä' < 'z' COLLATE \"C\" OR upper('ä') = 'Ä'")
    assert shown == {
        "fsync": "on",
        "synchronous_commit": "on",
        "full_page_writes": "on",
        "data_checksums": "on",
        "server_encoding": "UTF8",
        "listen_addresses": "",
    }
    assert collation is True
    assert (state_dir / "run").stat().st_mode & 0o077 == 0
    assert (state_dir / "postgres").stat().st_mode & 0o077 == 0


def test_a_database_is_made_once(state_dir: Path) -> None:
    with PostgresServer(state_dir) as server:
        assert asyncio.run(server.ensure_database("tael")) is True
        assert asyncio.run(server.ensure_database("tael")) is False


def test_a_killed_server_comes_back_with_every_committed_row(state_dir: Path) -> None:
    told: list[str] = []
    with PostgresServer(state_dir, report=told.append) as server:
        dsn = server.dsn_of("postgres")
        write_row(dsn)
        before = server.pid
        assert before is not None
        os.kill(before, signal.SIGKILL)
        wait_until(
            lambda: server.pid not in {None, before} and running_socket_dir(state_dir) is not None
        )
        assert rows(dsn) == 1
    assert any("committed rows are safe" in line for line in told)


def test_a_server_that_cannot_come_back_is_given_up_with_its_reason(state_dir: Path) -> None:
    told: list[str] = []
    with PostgresServer(state_dir, report=told.append) as server:
        pid = server.pid
        assert pid is not None
        (state_dir / "postgres" / "global" / "pg_control").rename(state_dir / "pg_control")
        os.kill(pid, signal.SIGKILL)
        wait_until(lambda: server.failure is not None)
        assert "pg_control" in str(server.failure)
    assert "died 5 times" in told[-1]


@linux_only
def test_a_killed_supervisor_takes_its_server_along_and_loses_nothing(state_dir: Path) -> None:
    supervisor = Supervisor.start(state_dir)
    write_row(supervisor.dsn)
    supervisor.kill()
    wait_until(lambda: not is_alive(supervisor.postmaster))
    with PostgresServer(state_dir) as server:
        assert rows(server.dsn_of("postgres")) == 1


def test_a_server_left_behind_is_ended_before_the_next_starts(state_dir: Path) -> None:
    supervisor = Supervisor.start(state_dir)
    write_row(supervisor.dsn)
    # A stopped process does not act on its parent's death: it stays behind.
    os.kill(supervisor.postmaster, signal.SIGSTOP)
    supervisor.kill()
    assert is_alive(supervisor.postmaster)
    os.kill(supervisor.postmaster, signal.SIGCONT)
    told: list[str] = []
    with PostgresServer(state_dir, report=told.append) as server:
        assert not is_alive(supervisor.postmaster)
        assert rows(server.dsn_of("postgres")) == 1


def test_a_second_one_refuses_and_names_the_first(state_dir: Path) -> None:
    supervisor = Supervisor.start(state_dir)
    try:
        with pytest.raises(PostgresUnavailable, match=rf"process {supervisor.process.pid}\b"):
            PostgresServer(state_dir).start()
        write_row(supervisor.dsn)
        assert rows(supervisor.dsn) == 1
    finally:
        supervisor.kill()
        wait_until(lambda: not is_alive(supervisor.postmaster))


def test_others_find_the_running_server(state_dir: Path) -> None:
    assert running_socket_dir(state_dir) is None
    with PostgresServer(state_dir) as server:
        assert running_socket_dir(state_dir) == server.socket_dir
    assert running_socket_dir(state_dir) is None


def test_a_pid_file_that_names_somebody_else_does_not_block(state_dir: Path) -> None:
    with PostgresServer(state_dir) as server:
        write_row(server.dsn_of("postgres"))
        pid_file = (state_dir / "postgres" / "postmaster.pid").read_text(encoding="utf-8")
    ours = "\n".join([str(os.getpid()), *pid_file.splitlines()[1:]])
    (state_dir / "postgres" / "postmaster.pid").write_text(ours, encoding="utf-8")
    (state_dir / "run" / ".s.PGSQL.5432.lock").write_text("1\n", encoding="utf-8")
    (state_dir / "lock").write_text("1\n", encoding="utf-8")
    with PostgresServer(state_dir) as server:
        assert rows(server.dsn_of("postgres")) == 1


def test_a_half_made_database_is_made_again(state_dir: Path) -> None:
    half = state_dir / "postgres.making"
    half.mkdir(parents=True)
    (half / "PG_VERSION").write_text("18\n", encoding="utf-8")
    with PostgresServer(state_dir) as server:
        assert run(server.dsn_of("postgres"), "SELECT 1") == 1
    assert not half.exists()


def test_a_folder_with_somebody_elses_files_is_left_alone(state_dir: Path) -> None:
    letter = state_dir / "postgres" / "letter.txt"
    letter.parent.mkdir(parents=True)
    letter.write_text("dear diary", encoding="utf-8")
    with pytest.raises(PostgresUnavailable, match="not empty and holds no database"):
        PostgresServer(state_dir).start()
    assert letter.read_text(encoding="utf-8") == "dear diary"


def test_a_database_of_another_release_is_refused_untouched(state_dir: Path) -> None:
    with PostgresServer(state_dir):
        pass
    version = state_dir / "postgres" / "PG_VERSION"
    version.write_text("9\n", encoding="utf-8")
    with pytest.raises(PostgresUnavailable, match="made by PostgreSQL 9, and this is 18"):
        PostgresServer(state_dir).start()


def test_a_long_path_gets_its_socket_elsewhere_and_private(state_dir: Path) -> None:
    far = state_dir / ("a" * 60) / ("b" * 60)
    with PostgresServer(far) as server:
        assert run(server.dsn_of("postgres"), "SELECT 1") == 1
        socket_dir = server.socket_dir
        assert far not in socket_dir.parents
        assert socket_dir.stat().st_mode & 0o077 == 0
    socket_dir.chmod(0o777)
    try:
        with pytest.raises(PostgresUnavailable, match="not a private folder"):
            PostgresServer(far).start()
    finally:
        shutil.rmtree(socket_dir)


def test_a_place_that_cannot_be_written_to_is_one_clear_line(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("", encoding="utf-8")
    with pytest.raises(PostgresUnavailable, match="Not a directory") as caught:
        PostgresServer(tmp_path / "file" / "state").start()
    assert "\n" not in str(caught.value)


def test_a_full_disk_is_one_clear_line_and_mends_itself(state_dir: Path) -> None:
    start = (
        "import resource, sys; from pathlib import Path; "
        "from tael.sandbox import PostgresServer, PostgresUnavailable\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, 100_000))\n"
        "try: PostgresServer(Path(sys.argv[1])).start()\n"
        "except PostgresUnavailable as refusal: print(refusal)\n"
    )
    said = subprocess.run(
        (sys.executable, "-c", start, str(state_dir)), capture_output=True, text=True, check=True
    )
    assert said.stdout.startswith("PostgreSQL could not make its database:")
    assert said.stdout.count("\n") == 1
    with PostgresServer(state_dir) as server:
        assert run(server.dsn_of("postgres"), "SELECT 1") == 1


def test_it_can_be_started_again_after_a_stop(state_dir: Path) -> None:
    server = PostgresServer(state_dir)
    for expected in (1, 2):
        server.start()
        write_row(server.dsn_of("postgres"))
        assert rows(server.dsn_of("postgres")) == expected
        pid = server.pid
        server.stop()
        server.stop()
        assert pid is not None
        assert not is_alive(pid)


async def test_it_serves_as_an_async_context(state_dir: Path) -> None:
    async with PostgresServer(state_dir) as server:
        await server.ensure_database("tael")
        connection = await asyncpg.connect(server.dsn)
        assert await connection.fetchval("SELECT current_database()") == "tael"
        await connection.close()


def test_a_backend_that_outlives_its_postmaster_is_waited_for(state_dir: Path) -> None:
    supervisor = Supervisor.start(state_dir)
    write_row(supervisor.dsn)
    children = Path(f"/proc/{supervisor.postmaster}/task/{supervisor.postmaster}/children")
    if not children.exists():
        supervisor.kill()
        pytest.skip("this kernel does not list a process's children")
    backend = int(children.read_text(encoding="utf-8").split()[0])
    os.kill(backend, signal.SIGSTOP)
    os.kill(supervisor.process.pid, signal.SIGKILL)
    end(supervisor.postmaster, signal.SIGKILL)
    supervisor.kill()
    assert is_alive(backend)
    with PostgresServer(state_dir) as server:
        assert not is_alive(backend)
        assert rows(server.dsn_of("postgres")) == 1
