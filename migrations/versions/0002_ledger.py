"""Build the ledger: accounts, movements, postings, holds, and what guards them."""

from alembic import op

revision = "0002_ledger"
down_revision = "0001_kernel"
branch_labels = None
depends_on = None

TABLES = """
-- Numbers below are the bank's own accounts.
CREATE SEQUENCE ledger_account_numbers START WITH 100000;

CREATE TABLE ledger_accounts (
    currency text NOT NULL,
    number bigint NOT NULL,
    kind text NOT NULL,
    holder uuid,
    floor bigint,
    balance bigint NOT NULL DEFAULT 0,
    held bigint NOT NULL DEFAULT 0,
    postings bigint NOT NULL DEFAULT 0,
    closed_at timestamptz,
    CONSTRAINT pk_ledger_accounts PRIMARY KEY (currency, number),
    CONSTRAINT ck_ledger_accounts_kind CHECK (kind IN (
        'customer_cash', 'merchant_payable', 'card_clearing', 'fees', 'suspense',
        'customer_points', 'points_issued')),
    -- Holds are released once: never twice.
    CONSTRAINT ck_ledger_accounts_held CHECK (held >= 0),
    -- Nobody spends what is not there or is promised to another.
    CONSTRAINT ck_ledger_accounts_floor CHECK (floor IS NULL OR balance - held >= floor),
    CONSTRAINT ck_ledger_accounts_postings CHECK (postings >= 0),
    -- What somebody holds can be told from the bank's own.
    CONSTRAINT ck_ledger_accounts_holder CHECK ((holder IS NULL) = (number < 100000)),
    -- A closed account is empty and stays so.
    CONSTRAINT ck_ledger_accounts_closed CHECK (closed_at IS NULL OR (balance = 0 AND held = 0))
) WITH (fillfactor = 60);
CREATE INDEX ix_ledger_accounts_holder ON ledger_accounts (holder) WHERE holder IS NOT NULL;

CREATE TABLE ledger_movements (
    id uuid NOT NULL,
    kind text NOT NULL,
    reference uuid NOT NULL,
    payer_label text NOT NULL,
    payee_label text NOT NULL,
    memo text NOT NULL,
    at timestamptz NOT NULL,
    business_day date NOT NULL,
    CONSTRAINT pk_ledger_movements PRIMARY KEY (id),
    -- A label is a name, not a document.
    CONSTRAINT ck_ledger_movements_payer_label CHECK (char_length(payer_label) <= 200),
    CONSTRAINT ck_ledger_movements_payee_label CHECK (char_length(payee_label) <= 200),
    CONSTRAINT ck_ledger_movements_memo CHECK (char_length(memo) <= 200)
);

-- No foreign keys: they take a lock on each account for each posting, and the statement that
-- writes a set asserts that every account was there (docs/decisions).
CREATE TABLE ledger_postings (
    movement_id uuid NOT NULL,
    line smallint NOT NULL,
    currency text NOT NULL,
    debit bigint NOT NULL,
    credit bigint NOT NULL,
    amount bigint NOT NULL,
    debit_seq bigint NOT NULL,
    credit_seq bigint NOT NULL,
    debit_balance bigint NOT NULL,
    credit_balance bigint NOT NULL,
    CONSTRAINT pk_ledger_postings PRIMARY KEY (movement_id, line),
    -- Money moves forward; to undo, post the opposite.
    CONSTRAINT ck_ledger_postings_amount CHECK (amount > 0),
    -- An account cannot pay itself.
    CONSTRAINT ck_ledger_postings_sides CHECK (debit <> credit)
);
-- An account's entries are numbered without reuse, and its statement reads along here.
CREATE UNIQUE INDEX uq_ledger_postings_debit ON ledger_postings (currency, debit, debit_seq);
CREATE UNIQUE INDEX uq_ledger_postings_credit ON ledger_postings (currency, credit, credit_seq);

CREATE TABLE ledger_holds (
    id uuid NOT NULL,
    currency text NOT NULL,
    account bigint NOT NULL,
    holder uuid,
    destination bigint NOT NULL,
    reference uuid NOT NULL,
    amount bigint NOT NULL,
    state text NOT NULL DEFAULT 'pending',
    captured bigint NOT NULL DEFAULT 0,
    movement_id uuid,
    made_at timestamptz NOT NULL,
    expires_at timestamptz NOT NULL,
    ended_at timestamptz,
    CONSTRAINT pk_ledger_holds PRIMARY KEY (id),
    CONSTRAINT ck_ledger_holds_amount CHECK (amount > 0),
    CONSTRAINT ck_ledger_holds_sides CHECK (account <> destination),
    CONSTRAINT ck_ledger_holds_state
        CHECK (state IN ('pending', 'posted', 'voided', 'expired')),
    -- A capture takes no more than was held.
    CONSTRAINT ck_ledger_holds_captured CHECK (captured BETWEEN 0 AND amount),
    -- What was captured has a movement, and nothing else has.
    CONSTRAINT ck_ledger_holds_movement
        CHECK ((state = 'posted') = (captured > 0)
            AND (state = 'posted') = (movement_id IS NOT NULL)),
    CONSTRAINT ck_ledger_holds_ended CHECK ((state = 'pending') = (ended_at IS NULL))
);
CREATE INDEX ix_ledger_holds_pending ON ledger_holds (currency, account)
    WHERE state = 'pending';
CREATE INDEX ix_ledger_holds_due ON ledger_holds (expires_at) WHERE state = 'pending';
"""

SEARCH = """
-- The bigrams of a text, salted by the account: no other account's entries are ever looked at.
CREATE FUNCTION ledger_grams(account bigint, words text) RETURNS bigint[]
    LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
RETURN (
    SELECT coalesce(array_agg(DISTINCT hashtextextended(substr(t, i, 2), account)), '{}')
    FROM (SELECT lower(words)) AS lowered (t),
         generate_series(1, char_length(t) - 1) AS i
);

-- For long histories only, up to a mark; what is newer is read along.
CREATE TABLE ledger_search (
    currency text NOT NULL,
    account bigint NOT NULL,
    sequence bigint NOT NULL,
    grams bigint[] NOT NULL,
    CONSTRAINT pk_ledger_search PRIMARY KEY (currency, account, sequence)
);
CREATE INDEX ix_ledger_search_grams ON ledger_search USING gin (grams);
CREATE TABLE ledger_search_marks (
    currency text NOT NULL,
    account bigint NOT NULL,
    indexed_to bigint NOT NULL,
    CONSTRAINT pk_ledger_search_marks PRIMARY KEY (currency, account),
    CONSTRAINT ck_ledger_search_marks_indexed_to CHECK (indexed_to >= 0)
);
"""

INPUTS = """
-- What the one writing statement takes: an array of rows costs the driver and the server half
-- of what as many arrays of columns do.
CREATE TYPE ledger_new_movement AS (
    id uuid, kind text, reference uuid, payer_label text, payee_label text, memo text
);
CREATE TYPE ledger_new_posting AS (
    movement_id uuid, line smallint, debit bigint, credit bigint, amount bigint,
    debit_seq bigint, credit_seq bigint, debit_balance bigint, credit_balance bigint
);
CREATE TYPE ledger_changed_account AS (
    number bigint, balance bigint, held bigint, postings bigint, read_postings bigint
);
"""

GUARDS = """
-- For everybody, the owner included: grants alone would leave the owner free.
CREATE FUNCTION ledger_refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'entries of % are never changed or removed: post the opposite', TG_TABLE_NAME
        USING ERRCODE = 'integrity_constraint_violation';
END $$;

CREATE FUNCTION ledger_guard_hold() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF OLD.state <> 'pending'
        OR NEW.state = 'pending'
        OR (NEW.id, NEW.currency, NEW.account, NEW.destination, NEW.reference, NEW.amount,
            NEW.made_at, NEW.expires_at)
            IS DISTINCT FROM
           (OLD.id, OLD.currency, OLD.account, OLD.destination, OLD.reference, OLD.amount,
            OLD.made_at, OLD.expires_at)
    THEN
        RAISE EXCEPTION 'a hold ends once and its terms stay'
            USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    RETURN NEW;
END $$;

CREATE TRIGGER ledger_movements_stay BEFORE UPDATE OR DELETE ON ledger_movements
    FOR EACH ROW EXECUTE FUNCTION ledger_refuse_change();
CREATE TRIGGER ledger_movements_not_emptied BEFORE TRUNCATE ON ledger_movements
    FOR EACH STATEMENT EXECUTE FUNCTION ledger_refuse_change();
CREATE TRIGGER ledger_postings_stay BEFORE UPDATE OR DELETE ON ledger_postings
    FOR EACH ROW EXECUTE FUNCTION ledger_refuse_change();
CREATE TRIGGER ledger_postings_not_emptied BEFORE TRUNCATE ON ledger_postings
    FOR EACH STATEMENT EXECUTE FUNCTION ledger_refuse_change();
CREATE TRIGGER ledger_accounts_stay BEFORE DELETE ON ledger_accounts
    FOR EACH ROW EXECUTE FUNCTION ledger_refuse_change();
CREATE TRIGGER ledger_accounts_not_emptied BEFORE TRUNCATE ON ledger_accounts
    FOR EACH STATEMENT EXECUTE FUNCTION ledger_refuse_change();
CREATE TRIGGER ledger_holds_end_once BEFORE UPDATE ON ledger_holds
    FOR EACH ROW EXECUTE FUNCTION ledger_guard_hold();
CREATE TRIGGER ledger_holds_stay BEFORE DELETE ON ledger_holds
    FOR EACH ROW EXECUTE FUNCTION ledger_refuse_change();
CREATE TRIGGER ledger_holds_not_emptied BEFORE TRUNCATE ON ledger_holds
    FOR EACH STATEMENT EXECUTE FUNCTION ledger_refuse_change();

-- A replica that applies changes refuses them too.
ALTER TABLE ledger_movements ENABLE ALWAYS TRIGGER ledger_movements_stay;
ALTER TABLE ledger_movements ENABLE ALWAYS TRIGGER ledger_movements_not_emptied;
ALTER TABLE ledger_postings ENABLE ALWAYS TRIGGER ledger_postings_stay;
ALTER TABLE ledger_postings ENABLE ALWAYS TRIGGER ledger_postings_not_emptied;
"""

OWN_ACCOUNTS = """
INSERT INTO ledger_accounts (currency, number, kind)
VALUES
    ('CNY', 1100, 'card_clearing'),
    ('CNY', 1900, 'suspense'),
    ('CNY', 4100, 'fees'),
    ('PTS', 5100, 'points_issued'),
    ('PTS', 1900, 'suspense');
"""

GRANTS = """
GRANT USAGE ON SEQUENCE ledger_account_numbers TO tael_app;
-- An account opens empty; its kind, holder and floor stay.
GRANT SELECT, INSERT (currency, number, kind, holder, floor),
    UPDATE (balance, held, postings, closed_at)
    ON ledger_accounts TO tael_app;
GRANT SELECT, INSERT ON ledger_movements, ledger_postings TO tael_app;
GRANT SELECT, INSERT, UPDATE (state, captured, movement_id, ended_at) ON ledger_holds TO tael_app;
GRANT SELECT, INSERT ON ledger_search TO tael_app;
GRANT SELECT, INSERT, UPDATE ON ledger_search_marks TO tael_app;
GRANT SELECT ON ledger_accounts, ledger_movements, ledger_postings, ledger_holds TO tael_auditor;
"""


def upgrade() -> None:
    """Build the ledger."""
    for block in (TABLES, SEARCH, INPUTS, GUARDS, OWN_ACCOUNTS, GRANTS):
        op.execute(block)


def downgrade() -> None:
    """Refuse: the schema only goes forward, a mistake is mended by a later migration."""
    raise NotImplementedError
