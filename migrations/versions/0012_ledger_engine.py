"""Holds in parts, effective dates, reversals, entries by month.

Written for a stopped bank: a release that captures holds must not run beside the older one.
"""

from alembic import op

revision = "0012_ledger_engine"
down_revision = "0011_card_transfers"
branch_labels = None
depends_on = None

MONTHS_AHEAD = 3
"""Until the worker comes by, which goes on making them."""

EFFECTIVE = """
-- The guards come back below, on what takes the place of these tables.
DROP TRIGGER ledger_movements_stay ON ledger_movements;
DROP TRIGGER ledger_movements_not_emptied ON ledger_movements;
DROP TRIGGER ledger_postings_stay ON ledger_postings;
DROP TRIGGER ledger_postings_not_emptied ON ledger_postings;

ALTER TABLE ledger_movements ADD COLUMN effective_on date, ADD COLUMN reverses uuid;
UPDATE ledger_movements SET effective_on = business_day;
ALTER TABLE ledger_movements
    ALTER COLUMN effective_on SET NOT NULL,
    -- Nothing undoes itself.
    ADD CONSTRAINT ck_ledger_movements_reverses CHECK (reverses <> id);

-- Over all months, where an index of the entries cannot reach: a movement is undone once.
CREATE TABLE ledger_reversals (
    reversed uuid NOT NULL,
    movement_id uuid NOT NULL,
    CONSTRAINT pk_ledger_reversals PRIMARY KEY (reversed),
    CONSTRAINT uq_ledger_reversals_movement_id UNIQUE (movement_id)
);
"""

MONTHS = """
-- The least movement id of a month: UUIDv7 begins with the machine's milliseconds (RFC 9562).
CREATE FUNCTION ledger_month_start(day date) RETURNS uuid
    LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
RETURN (
    lpad(to_hex((extract(epoch FROM date_trunc('month', day::timestamp)) * 1000)::bigint), 12, '0')
    || repeat('0', 20)
)::uuid;

-- What a month of entries has beside what it inherits. An index over all months would have to
-- hold the movement's id too, so each month refuses a number that was used twice; over months
-- the account's own count does, which the writing statement compares.
CREATE FUNCTION ledger_guard_month(suffix text) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    EXECUTE format(
        'CREATE TRIGGER ledger_movements_not_emptied BEFORE TRUNCATE ON ledger_movements_%1$s
             FOR EACH STATEMENT EXECUTE FUNCTION ledger_refuse_change();
         ALTER TABLE ledger_movements_%1$s ENABLE ALWAYS TRIGGER ledger_movements_not_emptied;
         CREATE TRIGGER ledger_postings_not_emptied BEFORE TRUNCATE ON ledger_postings_%1$s
             FOR EACH STATEMENT EXECUTE FUNCTION ledger_refuse_change();
         ALTER TABLE ledger_postings_%1$s ENABLE ALWAYS TRIGGER ledger_postings_not_emptied;
         -- A replica that applies changes refuses them too.
         ALTER TABLE ledger_movements_%1$s ENABLE ALWAYS TRIGGER ledger_movements_stay;
         ALTER TABLE ledger_postings_%1$s ENABLE ALWAYS TRIGGER ledger_postings_stay;
         GRANT SELECT ON ledger_movements_%1$s, ledger_postings_%1$s TO tael_app, tael_auditor',
        suffix);
END $$;

CREATE FUNCTION ledger_make_month(month date) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    suffix text := to_char(month, 'YYYY_MM');
    entries text;
BEGIN
    FOREACH entries IN ARRAY ARRAY['ledger_movements', 'ledger_postings'] LOOP
        -- To attach lets others go on reading and writing; CREATE ... PARTITION OF would not.
        EXECUTE format(
            'CREATE TABLE %1$s_%2$s (LIKE %1$s INCLUDING DEFAULTS INCLUDING CONSTRAINTS)',
            entries, suffix);
        EXECUTE format(
            'ALTER TABLE %1$s ATTACH PARTITION %1$s_%2$s FOR VALUES FROM (%3$L) TO (%4$L)',
            entries, suffix, ledger_month_start(month),
            ledger_month_start((month + interval '1 month')::date));
    END LOOP;
    EXECUTE format(
        'CREATE UNIQUE INDEX uq_ledger_postings_%1$s_debit
             ON ledger_postings_%1$s (debit, debit_seq, currency);
         CREATE UNIQUE INDEX uq_ledger_postings_%1$s_credit
             ON ledger_postings_%1$s (credit, credit_seq, currency)',
        suffix);
    PERFORM ledger_guard_month(suffix);
END $$;

-- The application may not make tables; this makes the next months' and nothing else.
CREATE FUNCTION ledger_make_months(ahead integer) RETURNS integer
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    month date := date_trunc('month', now() AT TIME ZONE 'UTC')::date;
    made integer := 0;
BEGIN
    IF ahead NOT BETWEEN 0 AND 36 THEN
        RAISE EXCEPTION 'at most 36 months ahead' USING ERRCODE = 'invalid_parameter_value';
    END IF;
    -- Two workers at once take turns.
    PERFORM pg_advisory_xact_lock(hashtextextended('ledger_make_months', 0));
    FOR step IN 0 .. ahead LOOP
        IF to_regclass('ledger_postings_' || to_char(month, 'YYYY_MM')) IS NULL THEN
            PERFORM ledger_make_month(month);
            made := made + 1;
        END IF;
        month := (month + interval '1 month')::date;
    END LOOP;
    RETURN made;
END $$;
REVOKE EXECUTE ON FUNCTION ledger_guard_month, ledger_make_month, ledger_make_months FROM PUBLIC;
GRANT EXECUTE ON FUNCTION ledger_make_months TO tael_app;
"""

BY_MONTH = """
DO $$
DECLARE
    month date := date_trunc('month', now() AT TIME ZONE 'UTC')::date;
    suffix text := to_char(month, 'YYYY_MM');
    entries text;
BEGIN
    FOREACH entries IN ARRAY ARRAY['ledger_movements', 'ledger_postings'] LOOP
        EXECUTE format(
            'ALTER TABLE %1$s RENAME TO %1$s_%2$s;
             ALTER TABLE %1$s_%2$s RENAME CONSTRAINT pk_%1$s TO pk_%1$s_%2$s;
             REVOKE ALL ON %1$s_%2$s FROM tael_app, tael_auditor;
             CREATE TABLE %1$s (
                 LIKE %1$s_%2$s INCLUDING DEFAULTS INCLUDING CONSTRAINTS
             ) PARTITION BY RANGE (%3$s)',
            entries, suffix, CASE entries WHEN 'ledger_movements' THEN 'id' ELSE 'movement_id' END);
    END LOOP;
    -- Numbers first: two are compared in a fraction of the time that two texts are, and hardly
    -- an account's number is used in two currencies.
    DROP INDEX uq_ledger_postings_debit, uq_ledger_postings_credit;
    EXECUTE format(
        'CREATE UNIQUE INDEX uq_ledger_postings_%1$s_debit
             ON ledger_postings_%1$s (debit, debit_seq, currency);
         CREATE UNIQUE INDEX uq_ledger_postings_%1$s_credit
             ON ledger_postings_%1$s (credit, credit_seq, currency)',
        suffix);
    ALTER TABLE ledger_accounts DROP CONSTRAINT pk_ledger_accounts;
    ALTER TABLE ledger_accounts
        ADD CONSTRAINT pk_ledger_accounts PRIMARY KEY (number, currency);
    ALTER TABLE ledger_movements ADD CONSTRAINT pk_ledger_movements PRIMARY KEY (id);
    ALTER TABLE ledger_postings ADD CONSTRAINT pk_ledger_postings PRIMARY KEY (movement_id, line);

    CREATE TRIGGER ledger_movements_stay BEFORE UPDATE OR DELETE ON ledger_movements
        FOR EACH ROW EXECUTE FUNCTION ledger_refuse_change();
    CREATE TRIGGER ledger_movements_not_emptied BEFORE TRUNCATE ON ledger_movements
        FOR EACH STATEMENT EXECUTE FUNCTION ledger_refuse_change();
    CREATE TRIGGER ledger_postings_stay BEFORE UPDATE OR DELETE ON ledger_postings
        FOR EACH ROW EXECUTE FUNCTION ledger_refuse_change();
    CREATE TRIGGER ledger_postings_not_emptied BEFORE TRUNCATE ON ledger_postings
        FOR EACH STATEMENT EXECUTE FUNCTION ledger_refuse_change();
    ALTER TABLE ledger_movements ENABLE ALWAYS TRIGGER ledger_movements_stay;
    ALTER TABLE ledger_movements ENABLE ALWAYS TRIGGER ledger_movements_not_emptied;
    ALTER TABLE ledger_postings ENABLE ALWAYS TRIGGER ledger_postings_stay;
    ALTER TABLE ledger_postings ENABLE ALWAYS TRIGGER ledger_postings_not_emptied;

    -- What was written until now stays where it is: the first month, with all before it.
    FOREACH entries IN ARRAY ARRAY['ledger_movements', 'ledger_postings'] LOOP
        EXECUTE format(
            'ALTER TABLE %1$s ATTACH PARTITION %1$s_%2$s FOR VALUES FROM (MINVALUE) TO (%3$L)',
            entries, suffix, ledger_month_start((month + interval '1 month')::date));
    END LOOP;
    PERFORM ledger_guard_month(suffix);
END $$;
"""

HOLDS = """
-- Each part that was taken of a hold, and the movement that took it.
CREATE TABLE ledger_captures (
    movement_id uuid NOT NULL,
    hold_id uuid NOT NULL,
    amount bigint NOT NULL,
    CONSTRAINT pk_ledger_captures PRIMARY KEY (movement_id),
    -- To take nothing is to void.
    CONSTRAINT ck_ledger_captures_amount CHECK (amount > 0)
);
CREATE INDEX ix_ledger_captures_hold_id ON ledger_captures (hold_id);
INSERT INTO ledger_captures (movement_id, hold_id, amount)
SELECT movement_id, id, captured
FROM ledger_holds
WHERE captured > 0;

ALTER TABLE ledger_holds
    DROP CONSTRAINT ck_ledger_holds_movement,
    DROP COLUMN movement_id,
    -- Something is left of what is pending; what was posted was taken, what was voided was not.
    ADD CONSTRAINT ck_ledger_holds_taken CHECK (CASE state
        WHEN 'pending' THEN captured < amount
        WHEN 'posted' THEN captured > 0
        WHEN 'voided' THEN captured = 0
        ELSE captured < amount
    END);

CREATE OR REPLACE FUNCTION ledger_guard_hold() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF OLD.state <> 'pending'
        OR NEW.captured < OLD.captured
        OR (NEW.state = 'pending' AND NEW.captured = OLD.captured)
        OR (NEW.state = 'expired' AND NEW.captured <> OLD.captured)
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
"""

QUEUE = """
-- What waits for its place in the transparency log: a row for each set that was written.
CREATE TABLE ledger_unsequenced (
    id bigint GENERATED ALWAYS AS IDENTITY,
    movements uuid[] NOT NULL,
    CONSTRAINT pk_ledger_unsequenced PRIMARY KEY (id)
);
INSERT INTO ledger_unsequenced (movements)
SELECT array_agg(id ORDER BY id)
FROM (SELECT id, (row_number() OVER (ORDER BY id) - 1) / 1000 AS part FROM ledger_movements) AS m
GROUP BY part
ORDER BY part;
"""

INPUTS = """
DROP TYPE ledger_new_movement;
CREATE TYPE ledger_new_movement AS (
    id uuid, kind text, reference uuid, payer_label text, payee_label text, memo text,
    effective_on date, reverses uuid
);
"""

GUARDS = """
CREATE TRIGGER ledger_captures_stay BEFORE UPDATE OR DELETE ON ledger_captures
    FOR EACH ROW EXECUTE FUNCTION ledger_refuse_change();
CREATE TRIGGER ledger_captures_not_emptied BEFORE TRUNCATE ON ledger_captures
    FOR EACH STATEMENT EXECUTE FUNCTION ledger_refuse_change();
CREATE TRIGGER ledger_reversals_stay BEFORE UPDATE OR DELETE ON ledger_reversals
    FOR EACH ROW EXECUTE FUNCTION ledger_refuse_change();
CREATE TRIGGER ledger_reversals_not_emptied BEFORE TRUNCATE ON ledger_reversals
    FOR EACH STATEMENT EXECUTE FUNCTION ledger_refuse_change();
ALTER TABLE ledger_captures ENABLE ALWAYS TRIGGER ledger_captures_stay;
ALTER TABLE ledger_captures ENABLE ALWAYS TRIGGER ledger_captures_not_emptied;
ALTER TABLE ledger_reversals ENABLE ALWAYS TRIGGER ledger_reversals_stay;
ALTER TABLE ledger_reversals ENABLE ALWAYS TRIGGER ledger_reversals_not_emptied;

GRANT SELECT, INSERT ON ledger_movements, ledger_postings, ledger_captures, ledger_reversals
    TO tael_app;
GRANT SELECT, INSERT, DELETE ON ledger_unsequenced TO tael_app;
-- The columns were granted one by one, so they are again.
GRANT UPDATE (state, captured, ended_at) ON ledger_holds TO tael_app;
GRANT SELECT ON ledger_movements, ledger_postings, ledger_captures, ledger_reversals,
    ledger_unsequenced TO tael_auditor;
"""


def upgrade() -> None:
    """Divide the entries by month; let holds be taken in parts, and movements be undone."""
    for block in (EFFECTIVE, MONTHS, BY_MONTH, HOLDS, QUEUE, INPUTS, GUARDS):
        op.execute(block)
    op.execute(f"SELECT ledger_make_months({MONTHS_AHEAD})")


def downgrade() -> None:
    """Refuse: the schema only goes forward, a mistake is mended by a later migration."""
    raise NotImplementedError
