"""The yardstick: PostgreSQL's own TPC-B load, on the same server, in the same run."""

import re
import subprocess

from tael.sandbox import PostgresServer

DATABASE = "yardstick"


def prepare(server: PostgresServer, scale: int) -> None:
    """Fill the yardstick's tables: 100,000 accounts for each unit of scale."""
    _run(server, "-i", "-s", str(scale), "-q")


def transactions_a_second(server: PostgresServer, seconds: int) -> float:
    """TPC-B with eight clients and prepared statements."""
    told = _run(server, "-M", "prepared", "-c", "8", "-j", "2", "-T", str(seconds))
    found = re.search(r"tps = ([\d.]+)", told)
    assert found, told
    return float(found.group(1))


def _run(server: PostgresServer, *options: str) -> str:
    command = [
        str(server.bin_dir / "pgbench"),
        "--host",
        str(server.socket_dir),
        "--username",
        "postgres",
        *options,
        DATABASE,
    ]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout
