"""Wallets without a browser, for tests that begin where a customer already stands."""

import base64
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from uuid import UUID

import asyncpg

from tael import customers, identity, ledger
from tael.customers import IdentityClaim, Prover, SpendAct, Verdict, Wallet, WalletClass
from tael.customers.proofing import Inquiry, ProofingUnsure
from tael.identity.sessions import start_session
from tael.kernel import ids
from tael.kernel.clock import machine_now
from tael.kernel.database import Database
from tael.kernel.money import CNY, Money
from tael.kernel.sealed import Sealer

NOON = datetime(2026, 3, 10, 4, tzinfo=UTC)
"""Noon of an ordinary day in Shanghai."""

JPEG = b"\xff\xd8\xff\xe0" + b"face"
WANG_ID = "110101199003070038"
LI_ID = "31010119880512001X"

WANG = {
    "name": "王小明",
    "id_number": WANG_ID,
    "portrait": base64.b64encode(JPEG).decode(),
}
"""What 王小明 shows to be upgraded, as the API takes it."""


def yuan(amount: int) -> Money:
    return Money(amount * 100, CNY)


def fen(amount: int) -> Money:
    return Money(amount, CNY)


@dataclass
class Checker:
    """The identity checker's other end: answers what it is told, and remembers the questions."""

    verdict: Verdict | None = Verdict.MATCH
    """None: does not answer."""
    asked: list[Inquiry] = field(default_factory=list)

    async def check(self, inquiry: Inquiry) -> Verdict:
        """The verdict it was told to give."""
        self.asked.append(inquiry)
        if self.verdict is None:
            raise ProofingUnsure("told to stay silent")
        return self.verdict


async def a_wallet(
    database: Database,
    sealer: Sealer,
    *,
    phone: str = "13800001234",
    now: datetime = NOON,
    language: str = "zh-CN",
) -> Wallet:
    """A class 4 wallet whose holder identity knows, opened as the edge does."""
    customer_id = ids.new_id()
    parsed = identity.Phone.parse(phone)
    async with database.write() as session:
        signed = await start_session(
            session, parsed, ids.new_id(), sealer=sealer, now=machine_now()
        )
        registration = identity.Registration(customer_id, identity.PinHash("1:none"), language)
        await identity.register(
            session, signed.view, registration, sealer=sealer, now=machine_now()
        )
        new = customers.NewWallet(
            customer_id=customer_id,
            phone_masked=parsed.masked,
            terms_version=customers.TERMS_VERSION,
            language=language,
        )
        return await customers.open_wallet(session, new, now=now)


async def some_wallets(
    database: Database, sealer: Sealer, count: int, *, now: datetime = NOON
) -> list[Wallet]:
    """Wallets of people with numbers in a row."""
    return [
        await a_wallet(database, sealer, phone=f"138{number:08d}", now=now)
        for number in range(count)
    ]


async def proven(
    database: Database,
    sealer: Sealer,
    wallet: Wallet,
    *,
    name: str = "王小明",
    id_number: str = WANG_ID,
    checker: Checker | None = None,
) -> Wallet:
    """The wallet after its holder has proven who they are: class 3 if the checker agrees."""
    claim = IdentityClaim(
        customer_id=wallet.customer_id, name=name, id_number=id_number, portrait=JPEG
    )
    async with database.write() as session:
        check = await customers.begin_upgrade(session, claim, sealer=sealer, now=NOON)
    prover = Prover(proofing=checker or Checker(), sealer=sealer)
    await customers.prove_identity(database, prover, check, claim)
    return await seen(database, wallet.customer_id)


async def seen(database: Database, customer_id: UUID) -> Wallet:
    """The wallet as it is now."""
    async with database.read() as session:
        return await customers.wallet(session, customer_id)


async def set_class(owner: asyncpg.Connection, wallet: Wallet, to: WalletClass) -> None:
    """Put a wallet into a class without the way there."""
    await owner.execute(
        "UPDATE customers_wallets SET wallet_class = $2 WHERE customer_id = $1",
        wallet.customer_id,
        to.value,
    )


async def give(database: Database, wallet: Wallet, amount: Money, *, now: datetime = NOON) -> None:
    """Fill a wallet from the card clearing account, as a top-up does."""
    async with database.write() as session:
        accounts = [ledger.CARD_CLEARING, wallet.account_number]
        book = await ledger.lock(session, accounts, now=now)
        book.post(
            ledger.Movement(
                id=ledger.MovementId(ids.new_id()),
                kind=ledger.MovementKind.TOP_UP,
                postings=(ledger.Posting(ledger.CARD_CLEARING, wallet.account_number, amount),),
                reference=ids.new_id(),
                payer_label="bank card",
                payee_label=wallet.label,
                memo="",
                at=now,
            )
        )
        await ledger.write(session, book)


async def spend(
    database: Database,
    customer_id: UUID,
    amounts: Sequence[Money],
    *,
    act: SpendAct = SpendAct.PAYMENT,
    now: datetime = NOON,
) -> list[str | None]:
    """Count acts in one batch, as a money path does; the code of each refusal, or None."""
    async with database.write() as session:
        use = await customers.lock_limit_use(session, [customer_id], now=now)
        outcomes: list[str | None] = []
        for amount in amounts:
            refusal = use.refuses(customer_id, act, amount)
            if refusal is None:
                use.add(customer_id, act, amount)
            outcomes.append(None if refusal is None else refusal.code)
        await customers.write_limit_use(session, use)
    return outcomes
