"""What seals card numbers and their holders, and what they are known again by."""

from uuid import UUID

import orjson

from tael.codecs.iso8583_messages import Pan
from tael.instruments.queries import Card
from tael.instruments.verification import Told
from tael.kernel.database import ReadSession
from tael.kernel.sealed import Sealer


def pan_hash(number: str, sealer: Sealer) -> bytes:
    """A card number's key for look-ups: keyed, since the numbers themselves can be counted up."""
    return sealer.keyed_hash(number, purpose="instruments.pan")


def seal_pan(number: str, card_id: UUID, sealer: Sealer) -> bytes:
    """A card number at rest, bound to its card."""
    return sealer.seal(number.encode(), context=f"instruments_cards.pan:{card_id}")


async def pan(session: ReadSession, card: Card, *, sealer: Sealer) -> Pan:
    """A bound card's number, for sending it to its bank."""
    sealed = await session.fetchval(
        "SELECT pan_sealed FROM instruments_cards WHERE id = $1", card.id
    )
    assert sealed is not None, "the card was taken, so it is bound"
    return Pan(sealer.unseal(sealed, context=f"instruments_cards.pan:{card.id}").decode())


def seal_told(told: Told, binding_id: UUID, sealer: Sealer) -> bytes:
    """The four elements while a binding is on its way."""
    document = {
        "number": told.number,
        "name": told.name,
        "id_number": told.id_number,
        "phone": told.phone,
    }
    return sealer.seal(orjson.dumps(document), context=f"instruments_bindings.told:{binding_id}")


def unseal_told(sealed: bytes, binding_id: UUID, sealer: Sealer) -> Told:
    """The four elements back."""
    opened = sealer.unseal(sealed, context=f"instruments_bindings.told:{binding_id}")
    return Told(**orjson.loads(opened))


def seal_holder(told: Told, card_id: UUID, sealer: Sealer) -> bytes:
    """Name and ID number of a card's holder, kept to compare when the wallet's are proven."""
    document = orjson.dumps([told.name, told.id_number])
    return sealer.seal(document, context=f"instruments_cards.holder:{card_id}")


def unseal_holder(sealed: bytes, card_id: UUID, sealer: Sealer) -> tuple[str, str]:
    """Name and ID number back."""
    name, id_number = orjson.loads(
        sealer.unseal(sealed, context=f"instruments_cards.holder:{card_id}")
    )
    return name, id_number
