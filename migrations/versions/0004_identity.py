"""Build the tables of identity: principals, PINs, codes, sessions and authorisations."""

from alembic import op

revision = "0004_identity"
down_revision = "0003_notifications"
branch_labels = None
depends_on = None

TABLES = """
CREATE TABLE identity_principals (
    customer_id uuid NOT NULL,
    phone_hash bytea NOT NULL,
    phone_sealed bytea NOT NULL,
    phone_masked text NOT NULL,
    language text NOT NULL,
    registered_at timestamptz NOT NULL,
    secret_changed_at timestamptz,
    closed_at timestamptz,
    CONSTRAINT pk_identity_principals PRIMARY KEY (customer_id),
    CONSTRAINT ck_identity_principals_language CHECK (language IN ('zh-CN', 'en'))
);
-- One open wallet a number; a closed one frees it.
CREATE UNIQUE INDEX uq_identity_principals_phone ON identity_principals (phone_hash)
    WHERE closed_at IS NULL;
COMMENT ON COLUMN identity_principals.secret_changed_at IS
    'When the PIN was reset or the number changed, on the business clock: new payees wait.';

CREATE TABLE identity_pins (
    customer_id uuid NOT NULL,
    hash text NOT NULL,
    version integer NOT NULL DEFAULT 1,
    tries smallint NOT NULL DEFAULT 0,
    locked_until timestamptz,
    set_at timestamptz NOT NULL,
    CONSTRAINT pk_identity_pins PRIMARY KEY (customer_id),
    CONSTRAINT fk_identity_pins_customer_id
        FOREIGN KEY (customer_id) REFERENCES identity_principals,
    -- Whatever the code does, nobody gets a sixth guess.
    CONSTRAINT ck_identity_pins_tries CHECK (tries BETWEEN 0 AND 5),
    CONSTRAINT ck_identity_pins_locked CHECK ((tries = 5) = (locked_until IS NOT NULL)),
    CONSTRAINT ck_identity_pins_version CHECK (version >= 1)
);

CREATE TABLE identity_challenges (
    id uuid NOT NULL,
    purpose text NOT NULL,
    device_id uuid NOT NULL,
    phone_hash bytea NOT NULL,
    phone_sealed bytea NOT NULL,
    code_hash bytea NOT NULL,
    tries smallint NOT NULL DEFAULT 0,
    sent_at timestamptz NOT NULL,
    expires_at timestamptz NOT NULL,
    used_at timestamptz,
    replaced_at timestamptz,
    CONSTRAINT pk_identity_challenges PRIMARY KEY (id),
    CONSTRAINT ck_identity_challenges_purpose CHECK (purpose IN ('sign_in', 'change_phone')),
    -- A six-digit code lives by its few tries.
    CONSTRAINT ck_identity_challenges_tries CHECK (tries BETWEEN 0 AND 5),
    CONSTRAINT ck_identity_challenges_ends_once
        CHECK (used_at IS NULL OR replaced_at IS NULL)
);
-- One code at a time for a number on a device.
CREATE UNIQUE INDEX uq_identity_challenges_open
    ON identity_challenges (phone_hash, device_id, purpose)
    WHERE used_at IS NULL AND replaced_at IS NULL;
CREATE INDEX ix_identity_challenges_expires_at ON identity_challenges (expires_at);

CREATE TABLE identity_sessions (
    id uuid NOT NULL,
    token_hash bytea NOT NULL,
    stage text NOT NULL,
    customer_id uuid,
    device_id uuid NOT NULL,
    phone_hash bytea NOT NULL,
    phone_sealed bytea NOT NULL,
    phone_verified_at timestamptz NOT NULL,
    created_at timestamptz NOT NULL,
    seen_at timestamptz NOT NULL,
    expires_at timestamptz NOT NULL,
    ended_at timestamptz,
    end_reason text,
    CONSTRAINT pk_identity_sessions PRIMARY KEY (id),
    CONSTRAINT fk_identity_sessions_customer_id
        FOREIGN KEY (customer_id) REFERENCES identity_principals,
    CONSTRAINT ck_identity_sessions_stage CHECK (stage IN ('phone_verified', 'full')),
    -- A session speaks for a customer only after the PIN.
    CONSTRAINT ck_identity_sessions_stage_customer
        CHECK ((stage = 'full') = (customer_id IS NOT NULL)),
    CONSTRAINT ck_identity_sessions_ended CHECK ((ended_at IS NULL) = (end_reason IS NULL)),
    CONSTRAINT ck_identity_sessions_absolute
        CHECK (expires_at <= created_at + interval '12 hours')
);
CREATE UNIQUE INDEX uq_identity_sessions_token_hash ON identity_sessions (token_hash);
CREATE INDEX ix_identity_sessions_customer_id ON identity_sessions (customer_id)
    WHERE ended_at IS NULL;
CREATE INDEX ix_identity_sessions_device_id ON identity_sessions (device_id)
    WHERE ended_at IS NULL;
CREATE INDEX ix_identity_sessions_expires_at ON identity_sessions (expires_at);

CREATE TABLE identity_authorisations (
    id uuid NOT NULL,
    customer_id uuid NOT NULL,
    session_id uuid NOT NULL,
    purpose text NOT NULL,
    terms_digest bytea NOT NULL,
    issued_at timestamptz NOT NULL,
    expires_at timestamptz NOT NULL,
    used_at timestamptz,
    revoked_at timestamptz,
    CONSTRAINT pk_identity_authorisations PRIMARY KEY (id),
    -- It ends once: used by one act, or revoked before it was.
    CONSTRAINT ck_identity_authorisations_ends_once
        CHECK (used_at IS NULL OR revoked_at IS NULL)
);
CREATE INDEX ix_identity_authorisations_open ON identity_authorisations (session_id)
    WHERE used_at IS NULL AND revoked_at IS NULL;
CREATE INDEX ix_identity_authorisations_expires_at ON identity_authorisations (expires_at);

GRANT SELECT, INSERT, UPDATE ON identity_principals, identity_pins TO tael_app;
GRANT SELECT, INSERT, UPDATE, DELETE
    ON identity_challenges, identity_sessions, identity_authorisations
    TO tael_app;
"""


def upgrade() -> None:
    """Build the tables."""
    op.execute(TABLES)


def downgrade() -> None:
    """Refuse: the schema only goes forward, a mistake is mended by a later migration."""
    raise NotImplementedError
