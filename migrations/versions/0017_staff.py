"""Let staff in, and let two of them decide: people, sessions, approvals and what they did."""

from alembic import op

revision = "0017_staff"
down_revision = "0016_standing_orders"
branch_labels = None
depends_on = None

TABLES = """
CREATE TABLE staff_people (
    staff_id uuid NOT NULL,
    login text NOT NULL,
    name text NOT NULL,
    roles text[] NOT NULL,
    password_hash text NOT NULL,
    password_version integer NOT NULL DEFAULT 1,
    password_change_due boolean NOT NULL,
    password_set_at timestamptz NOT NULL,
    added_at timestamptz NOT NULL,
    disabled_at timestamptz,
    CONSTRAINT pk_staff_people PRIMARY KEY (staff_id),
    CONSTRAINT ck_staff_people_login CHECK (login ~ '^[a-z][a-z0-9._-]{1,31}$'),
    CONSTRAINT ck_staff_people_name CHECK (char_length(name) BETWEEN 1 AND 100),
    CONSTRAINT ck_staff_people_roles CHECK (
        cardinality(roles) >= 1
        AND roles <@ ARRAY['clerk', 'checker', 'auditor', 'administrator']
        -- Who looks whether all is right does none of it.
        AND (NOT 'auditor' = ANY (roles) OR cardinality(roles) = 1)),
    CONSTRAINT ck_staff_people_password_version CHECK (password_version >= 1)
);
-- A log-in is one person's for good: also a disabled one is given to nobody else.
CREATE UNIQUE INDEX uq_staff_people_login ON staff_people (login);

-- Kept a log-in as it was typed, so that known and unknown ones are counted alike.
CREATE TABLE staff_tries (
    bucket bytea NOT NULL,
    tries integer NOT NULL,
    retry_at timestamptz,
    tried_at timestamptz NOT NULL,
    CONSTRAINT pk_staff_tries PRIMARY KEY (bucket),
    CONSTRAINT ck_staff_tries_tries CHECK (tries >= 1),
    -- Whatever the code does, the tenth guess and every later one waits.
    CONSTRAINT ck_staff_tries_delayed CHECK (tries < 10 OR retry_at IS NOT NULL)
);
CREATE INDEX ix_staff_tries_tried_at ON staff_tries (tried_at);

CREATE TABLE staff_sessions (
    id uuid NOT NULL,
    staff_id uuid NOT NULL,
    device_id uuid NOT NULL,
    token_hash bytea NOT NULL,
    created_at timestamptz NOT NULL,
    seen_at timestamptz NOT NULL,
    expires_at timestamptz NOT NULL,
    ended_at timestamptz,
    end_reason text,
    CONSTRAINT pk_staff_sessions PRIMARY KEY (id),
    CONSTRAINT fk_staff_sessions_staff_id
        FOREIGN KEY (staff_id) REFERENCES staff_people,
    CONSTRAINT ck_staff_sessions_ended
        CHECK ((ended_at IS NULL) = (end_reason IS NULL)),
    CONSTRAINT ck_staff_sessions_absolute
        CHECK (expires_at <= created_at + interval '12 hours')
);
CREATE UNIQUE INDEX uq_staff_sessions_token_hash
    ON staff_sessions (token_hash);
CREATE INDEX ix_staff_sessions_staff_id
    ON staff_sessions (staff_id, device_id);
CREATE INDEX ix_staff_sessions_expires_at ON staff_sessions (expires_at);

CREATE TABLE staff_approvals (
    id uuid NOT NULL,
    kind text NOT NULL,
    subject text NOT NULL,
    terms jsonb NOT NULL,
    reason text NOT NULL,
    maker uuid NOT NULL,
    proposed_at timestamptz NOT NULL,
    expires_at timestamptz NOT NULL,
    state text NOT NULL DEFAULT 'proposed',
    checker uuid,
    decided_at timestamptz,
    decision_reason text,
    obstacle jsonb,
    outcome jsonb,
    CONSTRAINT pk_staff_approvals PRIMARY KEY (id),
    CONSTRAINT fk_staff_approvals_maker FOREIGN KEY (maker) REFERENCES staff_people,
    CONSTRAINT fk_staff_approvals_checker FOREIGN KEY (checker) REFERENCES staff_people,
    CONSTRAINT ck_staff_approvals_kind CHECK (kind ~ '^[a-z]+[.][a-z_]+$'),
    CONSTRAINT ck_staff_approvals_reason CHECK (char_length(reason) BETWEEN 1 AND 500),
    CONSTRAINT ck_staff_approvals_state CHECK (state IN (
        'proposed', 'approved', 'rejected', 'withdrawn', 'expired')),
    -- Two people: nobody decides what he proposed himself.
    CONSTRAINT ck_staff_approvals_four_eyes CHECK (checker <> maker),
    CONSTRAINT ck_staff_approvals_checked
        CHECK ((state IN ('approved', 'rejected')) = (checker IS NOT NULL)),
    CONSTRAINT ck_staff_approvals_decided
        CHECK ((state = 'proposed') = (decided_at IS NULL)),
    CONSTRAINT ck_staff_approvals_outcome
        CHECK ((state = 'approved') = (outcome IS NOT NULL)),
    CONSTRAINT ck_staff_approvals_lives
        CHECK (expires_at <= proposed_at + interval '7 days')
);
-- One open proposal a subject: nobody approves the same thing twice.
CREATE UNIQUE INDEX uq_staff_approvals_open ON staff_approvals (kind, subject)
    WHERE state = 'proposed';
CREATE INDEX ix_staff_approvals_state ON staff_approvals (state, id);

-- Who did what, when and why, and what was so before and after. Null staff: the operator, at
-- the command line.
CREATE TABLE staff_acts (
    id uuid NOT NULL,
    at timestamptz NOT NULL,
    staff_id uuid,
    act text NOT NULL,
    subject text NOT NULL,
    reason text NOT NULL,
    before jsonb,
    after jsonb,
    request_id text,
    CONSTRAINT pk_staff_acts PRIMARY KEY (id),
    CONSTRAINT fk_staff_acts_staff_id FOREIGN KEY (staff_id) REFERENCES staff_people
);
CREATE INDEX ix_staff_acts_subject ON staff_acts (subject, id);
"""

PAYOUTS = """
CREATE TABLE ops_payouts (
    id uuid NOT NULL,
    name text NOT NULL,
    account bigint NOT NULL,
    digest bytea NOT NULL,
    lines integer NOT NULL,
    total bigint NOT NULL,
    made_at timestamptz NOT NULL,
    paid_at timestamptz,
    CONSTRAINT pk_ops_payouts PRIMARY KEY (id),
    -- Only the bank's own accounts pay by file.
    CONSTRAINT ck_ops_payouts_account CHECK (account < 100000),
    CONSTRAINT ck_ops_payouts_lines CHECK (lines BETWEEN 1 AND 8000),
    CONSTRAINT ck_ops_payouts_total CHECK (total > 0)
);
-- The same lines under the same name are paid once, however often they are uploaded.
CREATE UNIQUE INDEX uq_ops_payouts_paid ON ops_payouts (digest) WHERE paid_at IS NOT NULL;

CREATE TABLE ops_payout_lines (
    payout_id uuid NOT NULL,
    line integer NOT NULL,
    customer_id uuid NOT NULL,
    amount bigint NOT NULL,
    memo text NOT NULL,
    movement_id uuid,
    CONSTRAINT pk_ops_payout_lines PRIMARY KEY (payout_id, line),
    CONSTRAINT fk_ops_payout_lines_payout_id FOREIGN KEY (payout_id) REFERENCES ops_payouts,
    CONSTRAINT ck_ops_payout_lines_amount CHECK (amount > 0),
    -- As a spreadsheet counts: the first row names the columns.
    CONSTRAINT ck_ops_payout_lines_line CHECK (line >= 2)
);
GRANT SELECT, INSERT ON ops_payouts, ops_payout_lines TO tael_app;
GRANT UPDATE (paid_at) ON ops_payouts TO tael_app;
GRANT UPDATE (movement_id) ON ops_payout_lines TO tael_app;
GRANT SELECT ON ops_payouts, ops_payout_lines TO tael_auditor;
"""

GUARDS = """
CREATE FUNCTION staff_refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'rows of % are never changed or removed', TG_TABLE_NAME
        USING ERRCODE = 'integrity_constraint_violation';
END $$;

-- What was proposed stays as the checker saw it, and is decided once.
CREATE FUNCTION staff_guard_approval() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF OLD.state <> 'proposed'
        OR (NEW.id, NEW.kind, NEW.subject, NEW.terms, NEW.reason, NEW.maker, NEW.proposed_at,
            NEW.expires_at)
            IS DISTINCT FROM
           (OLD.id, OLD.kind, OLD.subject, OLD.terms, OLD.reason, OLD.maker, OLD.proposed_at,
            OLD.expires_at)
    THEN
        RAISE EXCEPTION 'an approval is decided once and its terms stay'
            USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    RETURN NEW;
END $$;

CREATE TRIGGER staff_approvals_stay BEFORE UPDATE ON staff_approvals
    FOR EACH ROW EXECUTE FUNCTION staff_guard_approval();
CREATE TRIGGER staff_approvals_kept BEFORE DELETE ON staff_approvals
    FOR EACH ROW EXECUTE FUNCTION staff_refuse_change();
CREATE TRIGGER staff_approvals_not_emptied BEFORE TRUNCATE ON staff_approvals
    FOR EACH STATEMENT EXECUTE FUNCTION staff_refuse_change();
CREATE TRIGGER staff_acts_stay BEFORE UPDATE OR DELETE ON staff_acts
    FOR EACH ROW EXECUTE FUNCTION staff_refuse_change();
CREATE TRIGGER staff_acts_not_emptied BEFORE TRUNCATE ON staff_acts
    FOR EACH STATEMENT EXECUTE FUNCTION staff_refuse_change();
CREATE TRIGGER staff_people_stay BEFORE DELETE ON staff_people
    FOR EACH ROW EXECUTE FUNCTION staff_refuse_change();

GRANT SELECT, INSERT ON staff_people, staff_approvals, staff_acts TO tael_app;
GRANT UPDATE (name, roles, password_hash, password_version, password_change_due,
              password_set_at, disabled_at)
    ON staff_people TO tael_app;
GRANT UPDATE (state, checker, decided_at, decision_reason, obstacle, outcome)
    ON staff_approvals TO tael_app;
GRANT SELECT, INSERT, UPDATE, DELETE ON staff_tries, staff_sessions
    TO tael_app;
GRANT SELECT ON staff_approvals, staff_acts TO tael_auditor;
"""


def upgrade() -> None:
    """Build the tables and what guards them."""
    op.execute(TABLES)
    op.execute(GUARDS)
    op.execute(PAYOUTS)


def downgrade() -> None:
    """Refuse: the schema only goes forward, a mistake is mended by a later migration."""
    raise NotImplementedError
