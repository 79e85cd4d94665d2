"""Steps of shops after a sale: take what is held, let go of it, give back what was paid."""

import random
from datetime import datetime
from typing import Final

from simulation import deposits
from simulation.deposits import Deposit
from simulation.model import Payment, Person
from simulation.money_steps import instant, on_wire
from simulation.play import Play

REASONS: Final = ("", "没有货 sold out", "wrong size")


async def take_held(play: Play, rng: random.Random) -> None:
    """A shop takes some of what is held for it, or all, or more than that."""
    if not play.deposits:
        return
    held = [each for each in play.deposits if each.state == "held"]
    deposit = rng.choice(held if held and rng.random() < 0.8 else play.deposits)
    left = max(1, deposit.left)
    amount = rng.choice((rng.randint(1, left), left, left + 1))
    final = rng.random() < 0.4
    play.note(f"{deposit.shop.name} takes {amount} of {deposit.id}, final {final}")
    refusal = deposits.capture_refused(deposit, amount)
    body = {"amount": on_wire(amount), "final": final}
    path = f"/sandbox/payments/{deposit.id}/captures"
    done = await play.act(rng.choice(play.active()), path, body, refusal, rng, status=200)
    if done is None:
        return
    play.equal(done["captured"], on_wire(deposit.captured + amount), "what the shop took so far")
    movement, at = await _newest_capture(play, deposit)
    deposits.capture(deposit, amount, movement, at, final=final)
    play.equal(done["state"], deposit.shown, "a held payment after a capture")


async def _newest_capture(play: Play, deposit: Deposit) -> tuple[str, datetime]:
    """The movement of a capture, where its payer sees it; of a closed wallet nobody does."""
    assert deposit.payer.status != "closed", "a wallet with held money does not close"
    page = await play.get(deposit.payer, "/history?kind=payment&limit=1")
    [entry] = page["entries"]
    return entry["movement"], instant(entry["at"])


async def let_go(play: Play, rng: random.Random) -> None:
    """A shop lets go of what is held for it."""
    if not play.deposits:
        return
    deposit = rng.choice(play.deposits)
    play.note(f"{deposit.shop.name} lets go of {deposit.id}")
    refusal = deposits.capture_refused(deposit, None)
    path = f"/sandbox/payments/{deposit.id}/void"
    done = await play.act(rng.choice(play.active()), path, {}, refusal, rng, status=200)
    if done is not None:
        deposits.void(deposit)
        play.equal(done["state"], deposit.shown, "a held payment that was let go")


async def give_back(play: Play, rng: random.Random) -> None:
    """A shop gives something back of what was paid from a balance."""
    paid: list[tuple[Person, Payment | Deposit]] = [
        (person, payment) for person in play.people for payment in person.payments
    ]
    paid += [(deposit.payer, deposit) for deposit in play.deposits]
    if not paid:
        return
    payer, payment = rng.choice(paid)
    left = max(1, payment.taken - payment.refunded)
    amount = rng.choice((rng.randint(1, left), left, left + 1))
    reason, now = rng.choice(REASONS), play.now()
    play.note(f"{payment.shop.name} gives {amount} of {payment.id} back to {payer.index}")
    refusal = deposits.refund_refused(payment, amount, now)
    body = {"amount": on_wire(amount), "reason": reason}
    path = f"/sandbox/payments/{payment.id}/refunds"
    done = await play.act(rng.choice(play.active()), path, body, refusal, rng)
    if done is None:
        return
    at = instant(done["at"])
    went = deposits.refund(payer, payment, amount, done["movement"], reason, at)
    play.equal((done["destination"], done["state"]), (went, "succeeded"), "a refund")


async def see_held(play: Play, person: Person, rng: random.Random) -> None:
    """What is set aside for shops, and any held payment as it stands."""
    own = [each for each in play.deposits if each.payer is person]
    shown = (await play.get(person, "/payments?state=held"))["payments"]
    play.equal(
        [(each["payment"], each["amount"], each["held"]["captured"]) for each in shown],
        [
            (each.id, on_wire(each.amount), on_wire(each.captured))
            for each in reversed(own)
            if each.state == "held"
        ],
        f"what is held for shops of {person.index}",
    )
    if own:
        one = rng.choice(own)
        found = await play.get(person, f"/payments/{one.id}")
        play.equal(
            (found["state"], found["captured"], found["refunded"], len(found["refunds"])),
            (one.shown, on_wire(one.captured), on_wire(one.refunded), one.refunds),
            f"held payment {one.id}",
        )
