"""Notices by SMS to a customer about their own secrets."""

from collections.abc import Mapping
from datetime import datetime
from uuid import UUID

from tael.identity.phones import Phone
from tael.kernel.database import WriteSession
from tael.kernel.sealed import Sealer
from tael.notifications import Sms, Template, send_sms


async def notify(
    session: WriteSession,
    customer_id: UUID,
    template: Template,
    params: Mapping[str, str] | None = None,
    *,
    sealer: Sealer,
    now: datetime,
) -> None:
    """Send a notice to the customer's present number, in the customer's language."""
    row = await session.fetchrow(
        "SELECT phone_sealed, language FROM identity_principals WHERE customer_id = $1",
        customer_id,
    )
    assert row is not None, "a notice goes to a principal"
    sms = Sms(
        to=Phone.unseal(row["phone_sealed"], sealer).e164,
        template=template,
        language=row["language"],
        params=params or {},
    )
    await send_sms(session, sms, sealer=sealer, now=now)
