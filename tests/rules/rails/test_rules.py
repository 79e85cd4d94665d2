"""What follows from what the switch said: every state, every finding."""

from datetime import UTC, datetime, timedelta

import pytest

from tael.codecs.response_codes import ResponseCode
from tael.rails.rules import (
    BACKOFF_MAX,
    INQUIRIES_MAX,
    NOT_SENT,
    REPEAT_WITHIN,
    Answered,
    DeclineReason,
    Finding,
    Found,
    GivenUp,
    NeverSeen,
    NotSent,
    ReversalAnswered,
    Step,
    Unanswered,
    backoff,
    decline_reason,
    next_state,
    next_step,
    step_after_never_seen,
)
from tael.rails.states import FINAL, OPERATION_CHANGES, OperationKind, OperationState

S = OperationState
OK, NO, UNSURE = (
    ResponseCode.APPROVED,
    ResponseCode.DO_NOT_HONOUR,
    ResponseCode.NO_ANSWER,
)
EVERY_FINDING: tuple[Finding, ...] = (
    Answered(OK),
    Answered(NO),
    Answered(UNSURE),
    Unanswered(),
    NotSent(),
    GivenUp(),
    ReversalAnswered(OK),
    ReversalAnswered(ResponseCode.NOT_FOUND),
    ReversalAnswered(ResponseCode.SYSTEM_ERROR),
    Found(OK),
    Found(NO),
    Found(UNSURE),
    Found(OK, reversed=True),
    NeverSeen(),
)
MOVES = {
    (S.INTENDED, GivenUp()): S.DECLINED,
    (S.SENT, Answered(OK)): S.APPROVED,
    (S.SENT, Answered(NO)): S.DECLINED,
    (S.SENT, Answered(UNSURE)): S.UNKNOWN,
    (S.SENT, Unanswered()): S.UNKNOWN,
    (S.SENT, NotSent()): S.DECLINED,
    (S.SENT, Found(OK)): S.APPROVED,
    (S.SENT, Found(NO)): S.DECLINED,
    (S.SENT, Found(UNSURE)): S.UNKNOWN,
    (S.SENT, Found(OK, reversed=True)): S.UNKNOWN,
    (S.SENT, NeverSeen()): S.UNKNOWN,
    (S.UNKNOWN, Answered(OK)): S.APPROVED,
    (S.UNKNOWN, Answered(NO)): S.DECLINED,
    (S.UNKNOWN, Found(OK)): S.APPROVED,
    (S.UNKNOWN, Found(NO)): S.DECLINED,
    (S.REVERSING, ReversalAnswered(OK)): S.REVERSED,
    (S.REVERSING, ReversalAnswered(ResponseCode.NOT_FOUND)): S.REVERSED,
}
"""All that changes anything. Every other pair leaves the operation as it is."""


@pytest.mark.parametrize("state", OperationState)
@pytest.mark.parametrize("finding", EVERY_FINDING, ids=repr)
def test_a_finding_leads_where_the_table_says_and_nowhere_else(
    state: OperationState, finding: Finding
) -> None:
    moved = next_state(OperationKind.TOP_UP, state, finding)
    assert moved is MOVES.get((state, finding), state)


@pytest.mark.parametrize("state", OperationState)
@pytest.mark.parametrize("finding", EVERY_FINDING, ids=repr)
def test_a_refund_goes_the_same_way_but_waits_where_it_could_not_leave(
    state: OperationState, finding: Finding
) -> None:
    moves = MOVES | {(S.SENT, NotSent()): S.INTENDED}
    assert next_state(OperationKind.REFUND, state, finding) is moves.get((state, finding), state)


def test_every_move_is_one_that_the_states_allow() -> None:
    assert all(after in OPERATION_CHANGES[before] for (before, _), after in MOVES.items())


def test_what_is_final_stays() -> None:
    assert {S.APPROVED, S.DECLINED, S.REVERSED} == FINAL


def test_a_refund_that_nobody_sent_is_sent() -> None:
    assert next_step(OperationKind.REFUND, S.INTENDED, attempts=1) is Step.SEND


@pytest.mark.parametrize("kind", sorted(set(OperationKind) - {OperationKind.REFUND}))
def test_an_intent_that_nobody_sent_is_given_up(kind: OperationKind) -> None:
    assert next_step(kind, S.INTENDED, attempts=1) is Step.GIVE_UP


@pytest.mark.parametrize("kind", [OperationKind.TOP_UP, OperationKind.PAYMENT])
def test_what_was_taken_is_asked_about_and_then_given_back(kind: OperationKind) -> None:
    steps = [next_step(kind, S.UNKNOWN, attempts=n) for n in range(1, INQUIRIES_MAX + 2)]
    assert steps == [Step.INQUIRE] * INQUIRIES_MAX + [Step.REVERSE]
    assert next_step(kind, S.REVERSING, attempts=1) is Step.REVERSE
    now = datetime.now(UTC)
    assert step_after_never_seen(kind, began_at=now, now=now) is Step.REVERSE


@pytest.mark.parametrize("kind", [OperationKind.WITHDRAWAL, OperationKind.REFUND])
def test_what_was_given_is_asked_about_for_ever_and_repeated_for_a_while(
    kind: OperationKind,
) -> None:
    now = datetime.now(UTC)
    assert {next_step(kind, S.UNKNOWN, attempts=n) for n in range(1, 99)} == {Step.INQUIRE}
    assert step_after_never_seen(kind, began_at=now, now=now) is Step.REPEAT
    old = now - REPEAT_WITHIN
    assert step_after_never_seen(kind, began_at=old, now=now) is None


def test_pauses_double_up_to_ten_seconds() -> None:
    assert [backoff(n).total_seconds() for n in range(9)] == [1, 1, 2, 4, 8, 10, 10, 10, 10]
    assert backoff(10**6) == BACKOFF_MAX == timedelta(seconds=10)


@pytest.mark.parametrize(
    ("code", "reason"),
    [
        ("51", DeclineReason.FUNDS),
        ("14", DeclineReason.CARD),
        ("57", DeclineReason.NOT_PERMITTED),
        ("61", DeclineReason.LIMIT),
        ("91", DeclineReason.UNAVAILABLE),
        (NOT_SENT, DeclineReason.UNAVAILABLE),
        ("05", DeclineReason.DECLINED),
        (None, DeclineReason.DECLINED),
        ("zz", DeclineReason.DECLINED),
    ],
)
def test_response_codes_fall_into_groups_that_tell_what_to_do(
    code: str | None, reason: DeclineReason
) -> None:
    assert decline_reason(code) is reason
