"""Which key this deployment signs statements with."""

from tael.kernel.clock import machine_now
from tael.kernel.database import Database
from tael.kernel.settings import Settings
from tael.statements.signing import SigningKey, kept_key, key_of_files, make_key


async def signing_key(database: Database, settings: Settings) -> SigningKey:
    """The key that the settings name by file; in a sandbox without one its own, made when missing.

    Refuses `statements.no_signing_key`; raises `SigningKeyInvalid` for files that hold none.
    """
    if settings.statement_key_file and settings.statement_certificate_file:
        return key_of_files(settings.statement_key_file, settings.statement_certificate_file)
    sealer = settings.sealer()
    async with database.read() as session:
        kept = await kept_key(session, sealer)
    if kept is not None:
        return kept
    async with database.write() as session:
        return await make_key(session, sealer, now=machine_now())
