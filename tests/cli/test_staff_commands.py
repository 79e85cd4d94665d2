"""`tael staff`: log-ins are given and taken at the command line; a password is shown once."""

import re

import pytest

from tael.cli import staff as commands
from tael.kernel.settings import Settings
from tael.staff import Role

KEY = "1:dGFlbC10ZXN0LWtleS0wMTIzNDU2Nzg5YWJjZGVmZ2g="


@pytest.fixture
def environment(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    """The deployment that the commands are for."""
    monkeypatch.setenv("TAEL_DATABASE_URL", settings.database_url)
    monkeypatch.setenv("TAEL_SEALING_KEYS", KEY)
    monkeypatch.setenv("TAEL_PIN_KEYS", KEY)
    monkeypatch.setenv("TAEL_PIN_HASH_MEMORY_KIB", "64")


@pytest.mark.usefixtures("environment")
def test_people_are_added_changed_and_disabled(capsys: pytest.CaptureFixture[str]) -> None:
    commands.add("anna", role=[Role.CLERK], name="Anna Li")
    given = re.search(r"password  (\S+)", capsys.readouterr().out)
    assert given
    commands.reset_password("anna")
    anew = re.search(r"password  (\S+)", capsys.readouterr().out)
    assert anew
    assert anew[1] != given[1]
    commands.roles("anna", role=[Role.CHECKER, Role.CLERK])
    commands.list_()
    shown = capsys.readouterr().out
    assert "checker, clerk" in shown
    assert "must choose a password" in shown
    assert anew[1] not in shown
    commands.disable("anna", reason="left")
    commands.list_()
    assert "disabled" in capsys.readouterr().out


@pytest.mark.usefixtures("environment")
def test_what_cannot_be_is_said_in_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    commands.add("anna", role=[Role.AUDITOR], name="Anna Li")
    for login, code in (("anna", "LoginTaken"), ("Anna!", "LoginInvalid")):
        with pytest.raises(SystemExit, match=r"tael: (This log-in|A log-in)"):
            commands.add(login, role=[Role.CLERK], name=code)
    with pytest.raises(SystemExit, match="Nobody who works here"):  # ColleagueNotFound
        commands.disable("otto", reason="left")
    assert "anna" in capsys.readouterr().out
