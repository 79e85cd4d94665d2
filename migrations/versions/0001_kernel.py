"""Build the roles and the kernel's tables: clock, idempotency, outbox, rate limits."""

from alembic import op

revision = "0001_kernel"
down_revision = None
branch_labels = None
depends_on = None

ROLES = """
DO $$
BEGIN
    -- The application acts as tael_app, the auditor as tael_auditor; the owner only migrates.
    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'tael_app') THEN
        CREATE ROLE tael_app NOLOGIN;
    END IF;
    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'tael_auditor') THEN
        CREATE ROLE tael_auditor NOLOGIN;
    END IF;
EXCEPTION
    -- Roles belong to the whole server: another database's migration may make them at once.
    WHEN duplicate_object OR unique_violation THEN NULL;
END $$;
DO $$
BEGIN
    -- Where an administrator made the roles, this log-in is a member already and may not grant.
    IF NOT pg_has_role(CURRENT_USER, 'tael_app', 'MEMBER') THEN
        GRANT tael_app TO CURRENT_USER;
    END IF;
    IF NOT pg_has_role(CURRENT_USER, 'tael_auditor', 'MEMBER') THEN
        GRANT tael_auditor TO CURRENT_USER;
    END IF;
END $$;
GRANT USAGE ON SCHEMA public TO tael_app, tael_auditor;
"""

TABLES = """
CREATE TABLE kernel_business_clock (
    singleton boolean NOT NULL DEFAULT true,
    ahead interval NOT NULL DEFAULT interval '0',
    CONSTRAINT pk_kernel_business_clock PRIMARY KEY (singleton),
    CONSTRAINT ck_kernel_business_clock_singleton CHECK (singleton),
    -- A bank's time never goes back.
    CONSTRAINT ck_kernel_business_clock_forward CHECK (ahead >= interval '0')
);
INSERT INTO kernel_business_clock DEFAULT VALUES;

CREATE TABLE kernel_idempotency (
    scope uuid NOT NULL,
    digest uuid NOT NULL,
    request_hash bytea NOT NULL,
    status smallint,
    reply bytea,
    sealed_cookies bytea,
    subject uuid,
    leased_until timestamptz,
    recorded_at timestamptz NOT NULL,
    CONSTRAINT pk_kernel_idempotency PRIMARY KEY (scope, digest),
    -- A reply is there whole or not at all.
    CONSTRAINT ck_kernel_idempotency_reply_whole CHECK ((status IS NULL) = (reply IS NULL))
);

CREATE SEQUENCE kernel_outbox_position;
CREATE TABLE kernel_outbox (
    id uuid NOT NULL,
    topic text NOT NULL,
    payload jsonb NOT NULL,
    recorded_at timestamptz NOT NULL,
    position bigint,
    CONSTRAINT pk_kernel_outbox PRIMARY KEY (id)
);
-- Readers follow positions, which the sequencer gives after commit.
CREATE UNIQUE INDEX uq_kernel_outbox_position ON kernel_outbox (position)
    WHERE position IS NOT NULL;
CREATE INDEX ix_kernel_outbox_unsequenced ON kernel_outbox (id) WHERE position IS NULL;

CREATE TABLE kernel_outbox_cursors (
    subscriber text NOT NULL,
    position bigint NOT NULL DEFAULT 0,
    failures integer NOT NULL DEFAULT 0,
    retry_at timestamptz,
    CONSTRAINT pk_kernel_outbox_cursors PRIMARY KEY (subscriber)
);

-- What a subscriber could not take after all its tries: kept for a person to look at.
CREATE TABLE kernel_outbox_dead_letters (
    subscriber text NOT NULL,
    position bigint NOT NULL,
    error text NOT NULL,
    parked_at timestamptz NOT NULL,
    CONSTRAINT pk_kernel_outbox_dead_letters PRIMARY KEY (subscriber, position)
);

-- Losing counts in a crash is harmless, so they are not written to the log.
CREATE UNLOGGED TABLE kernel_rate_limits (
    bucket bytea NOT NULL,
    window_number bigint NOT NULL,
    count integer NOT NULL,
    expires_at timestamptz NOT NULL,
    CONSTRAINT pk_kernel_rate_limits PRIMARY KEY (bucket)
);
CREATE INDEX ix_kernel_rate_limits_expires_at ON kernel_rate_limits (expires_at);

-- What the statements that write a set take: an array of rows costs the driver and the server
-- half of what as many arrays of columns do.
CREATE TYPE kernel_new_event AS (id uuid, topic text, payload text);
CREATE TYPE kernel_new_reply AS (
    scope uuid, digest uuid, request_hash bytea, status smallint, reply bytea
);

GRANT SELECT, UPDATE ON kernel_business_clock TO tael_app;
GRANT SELECT, INSERT, UPDATE, DELETE
    ON kernel_idempotency, kernel_outbox, kernel_outbox_cursors,
       kernel_outbox_dead_letters, kernel_rate_limits
    TO tael_app;
GRANT USAGE, SELECT ON SEQUENCE kernel_outbox_position TO tael_app;
GRANT SELECT ON kernel_business_clock TO tael_auditor;
-- Whether the schema fits the code is asked by those who use it.
GRANT SELECT ON alembic_version TO tael_app, tael_auditor;
"""


def upgrade() -> None:
    """Build roles and tables."""
    op.execute(ROLES)
    op.execute(TABLES)


def downgrade() -> None:
    """Refuse: the schema only goes forward, a mistake is mended by a later migration."""
    raise NotImplementedError
