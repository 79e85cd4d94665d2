"""Close days and months; accrue interest."""

from alembic import op

revision = "0014_ledger_closings"
down_revision = "0013_audit"
branch_labels = None
depends_on = None

TIMES = """
-- The latest posting time of an account's entries. An account's entries are numbered in the order
-- in which they were written; business time is read before the lock, so a later number may carry
-- an earlier time. What is out of order is told in ledger_displaced, and nothing else is.
ALTER TABLE ledger_accounts ADD COLUMN posted_at timestamptz NOT NULL DEFAULT 'epoch';

-- Entries of an account, of one book, whose place does not tell from when they count: they were
-- dated to another day than that of their posting, or posted with a time before their forerunner's.
CREATE TABLE ledger_displaced (
    currency text NOT NULL,
    account bigint NOT NULL,
    -- The book's entries in this account: those of the row are among them.
    first_seq bigint NOT NULL,
    last_seq bigint NOT NULL,
    effective_on date NOT NULL,
    effective_from timestamptz NOT NULL,
    at timestamptz NOT NULL,
    change bigint NOT NULL,
    -- The latest posting time of the account's entries before this book.
    preceded_at timestamptz NOT NULL,
    CONSTRAINT pk_ledger_displaced PRIMARY KEY (currency, account, last_seq, effective_on),
    CONSTRAINT ck_ledger_displaced_run CHECK (first_seq BETWEEN 1 AND last_seq)
);
CREATE INDEX ix_ledger_displaced_at ON ledger_displaced (at);

-- Movements are written in the order of their time, near enough for this: what was posted since
-- some moment is found without an index that every movement would pay for.
CREATE INDEX ix_ledger_movements_at ON ledger_movements
    USING brin (at) WITH (pages_per_range = 32, autosummarize = on);

WITH entries AS (
    SELECT p.currency, p.debit AS account, p.debit_seq AS sequence, -p.amount AS change, m.at,
           m.business_day
    FROM ledger_postings AS p
    JOIN ledger_movements AS m ON m.id = p.movement_id
    UNION ALL
    SELECT p.currency, p.credit, p.credit_seq, p.amount, m.at, m.business_day
    FROM ledger_postings AS p
    JOIN ledger_movements AS m ON m.id = p.movement_id
), ordered AS (
    SELECT *,
           max(at) OVER (
               PARTITION BY currency, account ORDER BY sequence
               ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING
           ) AS preceded_at
    FROM entries
), latest AS (
    UPDATE ledger_accounts AS a
    SET posted_at = e.at
    FROM (SELECT currency, account, max(at) AS at FROM entries GROUP BY currency, account) AS e
    WHERE a.currency = e.currency AND a.number = e.account
)
INSERT INTO ledger_displaced
    (currency, account, first_seq, last_seq, effective_on, effective_from, at, change, preceded_at)
SELECT currency, account, sequence, sequence, business_day, at, at, change, preceded_at
FROM ordered
WHERE preceded_at > at;
"""

CLOSES = """
CREATE TABLE ledger_day_closes (
    day date NOT NULL,
    -- Business time: what was posted up to here is what the close knew.
    closed_at timestamptz NOT NULL,
    movements bigint NOT NULL,
    late bigint NOT NULL,
    differences integer NOT NULL,
    report jsonb NOT NULL,
    CONSTRAINT pk_ledger_day_closes PRIMARY KEY (day),
    -- A day is closed when it is over.
    CONSTRAINT ck_ledger_day_closes_over
        CHECK ((closed_at AT TIME ZONE 'Asia/Shanghai')::date > day),
    CONSTRAINT ck_ledger_day_closes_counts
        CHECK (movements >= 0 AND late >= 0 AND differences >= 0)
);

-- A month of entries that was detached: what the file that holds them is known by.
CREATE TABLE ledger_partition_closes (
    month date NOT NULL,
    lower_id uuid NOT NULL,
    upper_id uuid NOT NULL,
    movements bigint NOT NULL,
    postings bigint NOT NULL,
    -- The latest time of what recomputing goes on from: no earlier moment can be told any more.
    last_at timestamptz,
    closed_at timestamptz NOT NULL,
    digest bytea NOT NULL,
    manifest text NOT NULL,
    signature text,
    detached_at timestamptz,
    CONSTRAINT pk_ledger_partition_closes PRIMARY KEY (month),
    CONSTRAINT ck_ledger_partition_closes_month CHECK (extract(day FROM month) = 1),
    CONSTRAINT ck_ledger_partition_closes_bounds CHECK (lower_id < upper_id),
    CONSTRAINT ck_ledger_partition_closes_digest CHECK (octet_length(digest) = 32)
);

-- Where an account's entries begin for who recomputes it: all entries up to `postings` have left
-- with the months up to this one, and this is the balance after them.
CREATE TABLE ledger_closings (
    currency text NOT NULL,
    account bigint NOT NULL,
    month date NOT NULL,
    postings bigint NOT NULL,
    balance bigint NOT NULL,
    posted_at timestamptz NOT NULL,
    CONSTRAINT pk_ledger_closings PRIMARY KEY (currency, account, month),
    CONSTRAINT fk_ledger_closings_month
        FOREIGN KEY (month) REFERENCES ledger_partition_closes (month),
    CONSTRAINT ck_ledger_closings_postings CHECK (postings > 0)
);

-- Entries that left although earlier ones of their account stay: a movement's month is that of
-- its id, which is made before it is posted. Few, and kept so that nothing is missing.
CREATE TABLE ledger_closing_strays (
    currency text NOT NULL,
    account bigint NOT NULL,
    sequence bigint NOT NULL,
    month date NOT NULL,
    movement_id uuid NOT NULL,
    at timestamptz NOT NULL,
    effective_from timestamptz NOT NULL,
    change bigint NOT NULL,
    balance bigint NOT NULL,
    CONSTRAINT pk_ledger_closing_strays PRIMARY KEY (currency, account, sequence),
    CONSTRAINT fk_ledger_closing_strays_month
        FOREIGN KEY (month) REFERENCES ledger_partition_closes (month)
);
"""

AS_OF = """
-- Whether a movement with this id would have left with an old month. What refers to such a
-- movement is right although it finds nothing.
CREATE FUNCTION ledger_has_left(movement uuid) RETURNS boolean
    LANGUAGE sql STABLE
RETURN EXISTS (
    SELECT
    FROM ledger_partition_closes
    WHERE movement >= lower_id AND movement < upper_id
);

-- The first day of the month in which an id was made (UUIDv7: the machine's milliseconds).
CREATE FUNCTION ledger_month_of(movement uuid) RETURNS date
    LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
RETURN date_trunc('month', to_timestamp(
    ('x' || left(replace(movement::text, '-', ''), 12))::bit(48)::bigint / 1000
) AT TIME ZONE 'UTC')::date;

-- The last of an account's entries up to which all were posted at a moment or before, and the
-- balance after it. A search by halves: twenty looks for a million entries. Each look tells in
-- which months the next may be; an entry that is not there, because its id was made long before
-- it was posted, is looked for in all. Nothing comes back for an account that does not exist,
-- nulls where the answer has left with an old month.
CREATE FUNCTION ledger_reached(code text, holder_account bigint, moment timestamptz)
    RETURNS TABLE (sequence bigint, balance bigint)
    LANGUAGE plpgsql STABLE
    -- The months are left out when a look begins: to plan each look anew would cost more.
    SET plan_cache_mode = force_generic_plan
AS $$
DECLARE
    least_id CONSTANT uuid := '00000000-0000-0000-0000-000000000000';
    greatest_id CONSTANT uuid := 'ffffffff-ffff-ffff-ffff-ffffffffffff';
    latest timestamptz;
    middle bigint;
    high bigint;
    found_id uuid;
    found_balance bigint;
    found_at timestamptz;
    found_latest timestamptz;
    from_id uuid := least_id;
    to_id uuid := greatest_id;
    everywhere boolean := true;
BEGIN
    SELECT a.postings, a.balance, a.posted_at, a.postings
    INTO sequence, balance, latest, high
    FROM ledger_accounts AS a
    WHERE a.currency = code AND a.number = holder_account;
    IF NOT FOUND THEN
        RETURN;
    END IF;
    IF latest <= moment THEN
        RETURN NEXT;
        RETURN;
    END IF;
    SELECT c.postings, c.balance, c.posted_at
    INTO sequence, balance, latest
    FROM ledger_closings AS c
    WHERE c.currency = code AND c.account = holder_account
    ORDER BY c.month DESC
    LIMIT 1;
    IF NOT FOUND THEN
        sequence := 0;
        balance := 0;
    ELSIF latest > moment THEN
        sequence := NULL;
        balance := NULL;
        RETURN NEXT;
        RETURN;
    END IF;
    WHILE high - sequence > 1 LOOP
        middle := (sequence + high) / 2;
        found_at := NULL;
        SELECT e.movement_id, e.balance
        INTO found_id, found_balance
        FROM (
            SELECT p.movement_id, p.debit_balance AS balance
            FROM ledger_postings AS p
            WHERE p.currency = code AND p.debit = holder_account AND p.debit_seq = middle
              AND p.movement_id >= from_id AND p.movement_id <= to_id
            UNION ALL
            SELECT p.movement_id, p.credit_balance
            FROM ledger_postings AS p
            WHERE p.currency = code AND p.credit = holder_account AND p.credit_seq = middle
              AND p.movement_id >= from_id AND p.movement_id <= to_id
        ) AS e
        LIMIT 1;
        IF FOUND THEN
            SELECT m.at INTO found_at FROM ledger_movements AS m WHERE m.id = found_id;
        ELSE
            SELECT s.movement_id, s.balance, s.at
            INTO found_id, found_balance, found_at
            FROM ledger_closing_strays AS s
            WHERE s.currency = code AND s.account = holder_account AND s.sequence = middle;
        END IF;
        IF found_at IS NULL AND NOT everywhere THEN
            from_id := least_id;
            to_id := greatest_id;
            everywhere := true;
            CONTINUE;
        END IF;
        IF found_at IS NULL THEN
            RAISE EXCEPTION 'entry % of account % % is missing', middle, code, holder_account
                USING ERRCODE = 'data_corrupted';
        END IF;
        SELECT greatest(found_at, CASE WHEN r.first_seq <= middle THEN r.preceded_at END)
        INTO found_latest
        FROM ledger_displaced AS r
        WHERE r.currency = code AND r.account = holder_account AND r.last_seq >= middle
        ORDER BY r.last_seq
        LIMIT 1;
        IF coalesce(found_latest, found_at) <= moment THEN
            sequence := middle;
            balance := found_balance;
            from_id := ledger_month_start(ledger_month_of(found_id));
        ELSE
            high := middle;
            to_id := ledger_month_start((ledger_month_of(found_id) + interval '1 month')::date);
        END IF;
        everywhere := false;
        -- Ids out of the order of their entries: then no month can be left out.
        IF from_id >= to_id THEN
            from_id := least_id;
            to_id := greatest_id;
            everywhere := true;
        END IF;
    END LOOP;
    RETURN NEXT;
END $$;

-- What an account had at a moment, by what had been posted at another: the balance that was
-- reached, and what is displaced moved to where it counts. NULL where that has left with an old
-- month.
CREATE FUNCTION ledger_balance_as_of(
    code text, holder_account bigint, as_of timestamptz, known_at timestamptz
) RETURNS bigint
    LANGUAGE sql STABLE
RETURN (
    SELECT r.balance + coalesce((
        SELECT sum(
            CASE WHEN d.at <= known_at AND d.effective_from <= as_of THEN d.change ELSE 0 END
            - CASE WHEN d.last_seq <= r.sequence THEN d.change ELSE 0 END
        )
        FROM ledger_displaced AS d
        WHERE d.currency = code AND d.account = holder_account
    ), 0)::bigint
    FROM ledger_reached(code, holder_account, least(as_of, known_at)) AS r
);
"""

INTEREST = """
ALTER TABLE ledger_accounts DROP CONSTRAINT ck_ledger_accounts_kind;
ALTER TABLE ledger_accounts ADD CONSTRAINT ck_ledger_accounts_kind CHECK (kind IN (
    'customer_cash', 'merchant_payable', 'card_clearing', 'fees', 'suspense',
    'customer_points', 'points_issued', 'interest_expense'));
INSERT INTO ledger_accounts (currency, number, kind) VALUES ('CNY', 5200, 'interest_expense');

-- Which class a wallet had from when on: a day earns by the class at its end.
CREATE TABLE customers_classes (
    customer_id uuid NOT NULL,
    since timestamptz NOT NULL,
    wallet_class smallint NOT NULL,
    CONSTRAINT pk_customers_classes PRIMARY KEY (customer_id, since),
    CONSTRAINT fk_customers_classes_customer_id
        FOREIGN KEY (customer_id) REFERENCES customers_wallets (customer_id),
    CONSTRAINT ck_customers_classes_class_known CHECK (wallet_class BETWEEN 1 AND 4)
);
CREATE INDEX ix_customers_classes_named ON customers_classes (since) WHERE wallet_class < 4;
INSERT INTO customers_classes (customer_id, since, wallet_class)
SELECT customer_id, opened_at, 4
FROM customers_wallets;
-- A name was proven when the class rose to 3; when it rose to 2 makes no difference to a day.
INSERT INTO customers_classes (customer_id, since, wallet_class)
SELECT w.customer_id, greatest(p.proven_at, w.opened_at + interval '1 microsecond'), w.wallet_class
FROM customers_wallets AS w
JOIN customers_profiles AS p ON p.customer_id = w.customer_id
WHERE w.wallet_class < 4;

-- How far the days have been accrued: one row, and its lock is the worker's turn.
CREATE TABLE interest_progress (
    singleton boolean NOT NULL DEFAULT true,
    day date,
    phase text NOT NULL DEFAULT 'accrue',
    after uuid NOT NULL DEFAULT '00000000-0000-0000-0000-000000000000',
    CONSTRAINT pk_interest_progress PRIMARY KEY (singleton),
    CONSTRAINT ck_interest_progress_singleton CHECK (singleton),
    CONSTRAINT ck_interest_progress_phase CHECK (phase IN ('accrue', 'revise', 'settle'))
);
INSERT INTO interest_progress DEFAULT VALUES;

-- What a day earned a wallet, in 360-millionths of a fen. A later revision tells what came to be
-- known: units are the change to the revisions before.
CREATE TABLE interest_accruals (
    customer_id uuid NOT NULL,
    day date NOT NULL,
    revision smallint NOT NULL,
    wallet_class smallint NOT NULL,
    balance_minor bigint NOT NULL,
    rate_ppm integer NOT NULL,
    units bigint NOT NULL,
    known_at timestamptz NOT NULL,
    -- A day is accrued once, however often and by whomever it is tried.
    CONSTRAINT pk_interest_accruals PRIMARY KEY (customer_id, day, revision),
    CONSTRAINT ck_interest_accruals_units CHECK (units <> 0),
    CONSTRAINT ck_interest_accruals_first_earns CHECK (revision > 0 OR units > 0),
    CONSTRAINT ck_interest_accruals_rate CHECK (rate_ppm >= 0)
);

-- What was paid of it: at the end of a quarter, or when the wallet was closed.
CREATE TABLE interest_settlements (
    customer_id uuid NOT NULL,
    settled date NOT NULL,
    reason text NOT NULL,
    paid_minor bigint NOT NULL,
    movement_id uuid NOT NULL,
    at timestamptz NOT NULL,
    -- A quarter is paid once.
    CONSTRAINT pk_interest_settlements PRIMARY KEY (customer_id, settled, reason),
    CONSTRAINT uq_interest_settlements_movement_id UNIQUE (movement_id),
    CONSTRAINT ck_interest_settlements_reason CHECK (reason IN ('quarter', 'closing')),
    CONSTRAINT ck_interest_settlements_paid CHECK (paid_minor > 0)
);
"""

GUARDS = """
CREATE TRIGGER ledger_displaced_stay BEFORE UPDATE OR DELETE ON ledger_displaced
    FOR EACH ROW EXECUTE FUNCTION ledger_refuse_change();
CREATE TRIGGER ledger_displaced_not_emptied BEFORE TRUNCATE ON ledger_displaced
    FOR EACH STATEMENT EXECUTE FUNCTION ledger_refuse_change();
CREATE TRIGGER ledger_day_closes_stay BEFORE UPDATE OR DELETE ON ledger_day_closes
    FOR EACH ROW EXECUTE FUNCTION ledger_refuse_change();
CREATE TRIGGER ledger_day_closes_not_emptied BEFORE TRUNCATE ON ledger_day_closes
    FOR EACH STATEMENT EXECUTE FUNCTION ledger_refuse_change();
CREATE TRIGGER interest_accruals_stay BEFORE UPDATE OR DELETE ON interest_accruals
    FOR EACH ROW EXECUTE FUNCTION ledger_refuse_change();
CREATE TRIGGER interest_accruals_not_emptied BEFORE TRUNCATE ON interest_accruals
    FOR EACH STATEMENT EXECUTE FUNCTION ledger_refuse_change();
CREATE TRIGGER interest_settlements_stay BEFORE UPDATE OR DELETE ON interest_settlements
    FOR EACH ROW EXECUTE FUNCTION ledger_refuse_change();
CREATE TRIGGER interest_settlements_not_emptied BEFORE TRUNCATE ON interest_settlements
    FOR EACH STATEMENT EXECUTE FUNCTION ledger_refuse_change();
"""

GRANTS = """
GRANT UPDATE (posted_at) ON ledger_accounts TO tael_app;
GRANT SELECT, INSERT ON ledger_displaced, ledger_day_closes TO tael_app;
-- Months are closed by the owner of the schema, who alone can detach them.
GRANT SELECT ON ledger_partition_closes, ledger_closings, ledger_closing_strays TO tael_app;
GRANT SELECT, INSERT ON customers_classes TO tael_app;
GRANT SELECT, UPDATE ON interest_progress TO tael_app;
GRANT SELECT, INSERT ON interest_accruals, interest_settlements TO tael_app;
GRANT SELECT ON ledger_displaced, ledger_day_closes, ledger_partition_closes, ledger_closings,
    ledger_closing_strays, customers_classes, interest_progress, interest_accruals,
    interest_settlements
    TO tael_auditor;
"""


def upgrade() -> None:
    """Build what time needs: displaced entries, closes, closings, interest."""
    for block in (TIMES, CLOSES, AS_OF, INTEREST, GUARDS, GRANTS):
        op.execute(block)


def downgrade() -> None:
    """Refuse: the schema only goes forward, a mistake is mended by a later migration."""
    raise NotImplementedError
