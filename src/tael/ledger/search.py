"""Bigrams of long histories, so that a rare word of years ago is found without reading them.

Chinese has no spaces and its words are two characters more often than not, so a text is
indexed by its pairs of neighbouring characters; English works the same way. Each pair is
hashed with the account's number, so the one index serves all accounts and a search touches
its own account's entries only. Short histories need none of this: reading along is quicker.
"""

from typing import Final

from tael.kernel.database import WriteSession

TAIL_MAX: Final = 500
"""A history that has grown by this many entries is indexed on. Fewer are read along."""
SET_MAX: Final = 2_000
"""The most entries that one transaction indexes."""

_NEXT: Final = """
SELECT a.currency, a.number, a.postings, coalesce(m.indexed_to, 0) AS indexed_to
FROM ledger_accounts AS a
LEFT JOIN ledger_search_marks AS m ON m.currency = a.currency AND m.account = a.number
WHERE a.holder IS NOT NULL
  AND a.postings - coalesce(m.indexed_to, 0) >= $1
LIMIT 1
"""

_MARK: Final = """
INSERT INTO ledger_search_marks AS m (currency, account, indexed_to)
VALUES ($1, $2, $4)
ON CONFLICT (currency, account) DO UPDATE
SET indexed_to = $4
WHERE m.indexed_to = $3
"""

_INDEX: Final = """
INSERT INTO ledger_search (currency, account, sequence, grams)
SELECT $1, $2, e.sequence, ledger_grams($2, e.words)
FROM (
    SELECT p.debit_seq AS sequence, m.payee_label || chr(10) || m.memo AS words
    FROM ledger_postings AS p
    JOIN ledger_movements AS m ON m.id = p.movement_id
    WHERE p.currency = $1 AND p.debit = $2 AND p.debit_seq > $3 AND p.debit_seq <= $4
    UNION ALL
    SELECT p.credit_seq, m.payer_label || chr(10) || m.memo
    FROM ledger_postings AS p
    JOIN ledger_movements AS m ON m.id = p.movement_id
    WHERE p.currency = $1 AND p.credit = $2 AND p.credit_seq > $3 AND p.credit_seq <= $4
) AS e
"""


async def index_some(session: WriteSession) -> bool:
    """Index the next entries of one history that has grown; tells whether there was one.

    Two workers at once do no harm: the mark moves on from where it was read, or not at all.
    """
    grown = await session.fetchrow(_NEXT, TAIL_MAX)
    if grown is None:
        return False
    begin = grown["indexed_to"]
    end = min(grown["postings"], begin + SET_MAX)
    place = (grown["currency"], grown["number"], begin, end)
    if await session.execute(_MARK, *place) == "INSERT 0 1":
        tag = await session.execute(_INDEX, *place)
        assert tag == f"INSERT 0 {end - begin}", "an account's entries are numbered without gap"
    return True
