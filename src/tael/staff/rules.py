"""Pure decisions about staff: which passwords are taken, how long a guesser waits.

Passwords follow NIST SP 800-63B-4, 3.1.1: fifteen characters at least while there is no second
factor, any Unicode, counted by code point after NFKC, no rules of composition, no change by the
calendar; the whole password is compared with what everybody chooses and with what belongs here.
"""

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from tael.staff.states import PasswordWeakness

PASSWORD_LENGTH_MIN: Final = 15
PASSWORD_LENGTH_MAX: Final = 128

TRIES_FREE: Final = 4
"""Wrong passwords that cost no waiting: people mistype."""
DELAY_FIRST: Final = timedelta(minutes=1)
DELAY_MAX: Final = timedelta(hours=1)
TRIES_FORGOTTEN: Final = timedelta(hours=24)
"""A log-in that nobody tried for so long is tried afresh."""

PASSWORD_GIVEN_LIFE: Final = timedelta(days=3)
"""How long a password that we made waits for its one sign-in."""

APPROVAL_LIFE: Final = timedelta(days=7)

_RUN_MIN: Final = 3
_ROW_MIN: Final = 4
_PERIODS_MIN: Final = 3

_ROWS: Final = ("1234567890", "qwertyuiop", "asdfghjkl", "zxcvbnm", "1qaz2wsx3edc4rfv5tgb6yhn")

# Our own choice: what public lists of leaked passwords begin with, in the languages of our staff.
# Runs, repeats, rows of the keyboard and years are caught by rule.
_COMMON: Final = tuple(
    """
    access admin administrator aini ashley bailey baseball batman changeme charlie chelsea chocolate
    computer cookie daniel default donald dragon family flower football forever freedom
    god guest hallo hello hunter iloveyou internet jennifer jesus jordan killer letmein liverpool
    login love lovely loveme lucky master matrix michael mima monkey money mustang mynoob nicole
    ninja nihao ok pass passphrase password passw0rd p4ssw0rd passwort pepper please pokemon
    princess qazwsx root samsung secret shadow silver soccer solo starwars sunshine superman
    sysadmin temp test thank thomas trustno tiger user welcome whatever winter spring summer autumn
    woaini wo ai ni 520 1314 xiao zaq1 zhongguo zhang wang 你好 中国 密码 我爱你 爱
    correcthorsebatterystaple thequickbrownfoxjumpsoverthelazydog tobeornottobe thatisthequestion
    maytheforcebewithyou openthedoor is my the this a i you and for in it me no to
    """.split()  # noqa: SIM905 - a table to be read, not one word a line
)

_CONTEXT: Final = ("tael", "bank", "wallet", "staff", "clerk", "checker", "auditor", "console")


def normal_form(password: str) -> str:
    """The one spelling under which a password is counted, compared and hashed (NFKC)."""
    return unicodedata.normalize("NFKC", password)


def password_weakness(password: str, *, login: str, name: str) -> PasswordWeakness | None:
    """Why a password in its normal form is not taken, if it is not."""
    if len(password) < PASSWORD_LENGTH_MIN:
        return PasswordWeakness.SHORT
    if len(password) > PASSWORD_LENGTH_MAX:
        return PasswordWeakness.LONG
    if any(unicodedata.category(character) in {"Cc", "Cs"} for character in password):
        return PasswordWeakness.CONTROL
    # Separators and capitals are what people add to a word that they were told is too simple.
    folded = password.casefold()
    letters = "".join(character for character in folded if character.isalnum()) or folded
    if _is_periodic(letters) or _is_made_of(letters, _COMMON):
        return PasswordWeakness.COMMON
    own = [word for word in re.split(r"\W+|_", f"{login} {name}".casefold()) if word]
    if _is_made_of(letters, (*_COMMON, *_CONTEXT, *own)):
        return PasswordWeakness.CONTEXT
    return None


def _is_periodic(letters: str) -> bool:
    """Whether it is one short piece over and over."""
    # It is its own tail, moved along by one period.
    return any(
        letters.startswith(letters[period:])
        for period in range(1, len(letters) // _PERIODS_MIN + 1)
    )


def _is_made_of(letters: str, words: tuple[str, ...]) -> bool:
    """Whether words, runs, rows of the keyboard and years make up all of it, leaving nothing."""
    reached = {0}
    for start in range(len(letters)):
        if start in reached:
            reached.update(start + length for length in _pieces(letters, start, words))
    return len(letters) in reached


def _pieces(letters: str, start: int, words: tuple[str, ...]) -> Iterator[int]:
    """How long the pieces are that begin here."""
    yield from (len(word) for word in words if letters.startswith(word, start))
    if re.match(r"(?:19|20)\d\d", letters[start : start + 4]):
        yield 4
    yield from range(_RUN_MIN, _run(letters, start) + 1)
    for row in _ROWS:
        for line in (row, row[::-1]):
            at = line.find(letters[start])
            length = 0
            while (
                at >= 0
                and at + length < len(line)
                and letters[start + length : start + length + 1] == line[at + length]
            ):
                length += 1
            yield from range(_ROW_MIN, length + 1)


def _run(letters: str, start: int) -> int:
    """How far it goes on in even steps of one, or stays the same: 12345, edcba, 0000."""
    best = 1
    for step in (-1, 0, 1):
        end = start + 1
        while end < len(letters) and ord(letters[end]) - ord(letters[end - 1]) == step:
            end += 1
        best = max(best, end - start)
    return best


@dataclass(frozen=True, slots=True)
class SignInTry:
    """What taking one try does to a log-in's counter."""

    tries: int
    retry_at: datetime | None


def take_sign_in_try(
    tries: int, retry_at: datetime | None, tried_at: datetime | None, now: datetime
) -> SignInTry | None:
    """Count a try before its password is looked at; None while the log-in has to wait.

    Each wrong password after the fourth doubles the wait: a minute, two, four … an hour, for
    ever. It is never locked for good, or whoever knows a log-in could keep its owner out.
    """
    if retry_at is not None and retry_at > now:
        return None
    if tried_at is not None and now - tried_at >= TRIES_FORGOTTEN:
        tries = 0
    tries += 1
    if tries <= TRIES_FREE:
        return SignInTry(tries, None)
    doublings = min(tries - TRIES_FREE - 1, 16)
    return SignInTry(tries, now + min(DELAY_MAX, DELAY_FIRST * 2**doublings))
