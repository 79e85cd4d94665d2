"""Rate limits in PostgreSQL: fixed windows on the machine clock.

The count must outlive the refusal of what it counts, so edges take it in a transaction of
its own, before the act.
"""

import hashlib
from datetime import datetime, timedelta

from tael.kernel.database import WriteSession
from tael.kernel.refusals import TooMany


async def take(
    session: WriteSession, bucket: str, *, limit: int, window_s: int, now: datetime
) -> None:
    """Count one attempt in the bucket's window; refuses `request.too_many` above the limit.

    Exact under concurrency: the row's lock orders the counting. `now` is the machine's.
    """
    epoch_s = int(now.timestamp())
    window = epoch_s // window_s
    count = await session.fetchval(
        """
        INSERT INTO kernel_rate_limits AS held (bucket, window_number, count, expires_at)
        VALUES ($1, $2, 1, $3)
        ON CONFLICT (bucket) DO UPDATE
        SET count = CASE WHEN held.window_number = $2 THEN held.count + 1 ELSE 1 END,
            window_number = $2,
            expires_at = $3
        RETURNING count
        """,
        hashlib.sha256(bucket.encode()).digest(),
        window,
        now + timedelta(seconds=window_s),
    )
    if count > limit:
        raise TooMany(retry_after_s=(window + 1) * window_s - epoch_s)
