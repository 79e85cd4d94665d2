import subprocess
import sys

PROGRAM = """
import structlog
from tael.kernel import logs
logs.configure()
def fail():
    pin = "4829" + "15"
    raise ValueError("broken")
try:
    fail()
except ValueError as fault:
    structlog.get_logger().critical("request.failed", request_id="r1", exc_info=fault)
"""


def test_a_logged_fault_shows_where_but_not_with_which_values() -> None:
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM], capture_output=True, text=True, check=True
    )
    assert "request.failed" in done.stderr
    assert "ValueError: broken" in done.stderr
    assert "482915" not in done.stderr
    assert done.stdout == ""
