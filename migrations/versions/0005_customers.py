"""Build the tables of customers: wallets with their limit use, proven people, consents."""

from alembic import op

revision = "0005_customers"
down_revision = "0004_identity"
branch_labels = None
depends_on = None

STATEMENTS = (
    """
    CREATE TABLE customers_wallets (
        customer_id                 uuid        NOT NULL,
        account_number              bigint      NOT NULL,
        wallet_class                smallint    NOT NULL,
        status                      text        NOT NULL,
        name_masked                 text,
        phone_masked                text        NOT NULL,
        used_day                    date        NOT NULL,
        day_used_minor              bigint      NOT NULL DEFAULT 0,
        static_day_used_minor       bigint      NOT NULL DEFAULT 0,
        static_cards_day_used_minor bigint      NOT NULL DEFAULT 0,
        used_year                   integer     NOT NULL,
        year_used_minor             bigint      NOT NULL DEFAULT 0,
        credit_reserved_minor       bigint      NOT NULL DEFAULT 0,
        language                    text        NOT NULL,
        terms_version               text        NOT NULL,
        opened_at                   timestamptz NOT NULL,
        frozen_at                   timestamptz,
        closed_at                   timestamptz,
        CONSTRAINT pk_customers_wallets PRIMARY KEY (customer_id),
        CONSTRAINT uq_customers_wallets_account_number UNIQUE (account_number),
        CONSTRAINT ck_customers_wallets_class_known CHECK (wallet_class BETWEEN 1 AND 4),
        CONSTRAINT ck_customers_wallets_status_known
            CHECK (status IN ('active', 'frozen', 'closed')),
        CONSTRAINT ck_customers_wallets_frozen_has_time
            CHECK ((status = 'frozen') = (frozen_at IS NOT NULL)),
        CONSTRAINT ck_customers_wallets_closed_has_time
            CHECK ((status = 'closed') = (closed_at IS NOT NULL)),
        CONSTRAINT ck_customers_wallets_use_not_negative CHECK (
            day_used_minor >= 0 AND year_used_minor >= 0
            AND static_day_used_minor >= 0 AND static_cards_day_used_minor >= 0
            AND credit_reserved_minor >= 0
        ),
        CONSTRAINT ck_customers_wallets_static_within_day
            CHECK (static_day_used_minor <= day_used_minor),
        CONSTRAINT ck_customers_wallets_language_known CHECK (language IN ('zh-CN', 'en'))
    ) WITH (fillfactor = 70)
    """,
    """
    COMMENT ON CONSTRAINT uq_customers_wallets_account_number ON customers_wallets IS
    'one ledger account is one wallet: two holders of one balance would both spend it'
    """,
    """
    COMMENT ON CONSTRAINT ck_customers_wallets_use_not_negative ON customers_wallets IS
    'a use below zero would let more than the cap through'
    """,
    """
    COMMENT ON CONSTRAINT ck_customers_wallets_static_within_day ON customers_wallets IS
    'a payment by printed code counts against the day as well'
    """,
    """
    CREATE TABLE customers_profiles (
        customer_id      uuid        NOT NULL,
        name_sealed      bytea       NOT NULL,
        id_number_sealed bytea       NOT NULL,
        name_hash        bytea       NOT NULL,
        id_hash          bytea       NOT NULL,
        proofing_id      uuid        NOT NULL,
        proven_at        timestamptz NOT NULL,
        released_at      timestamptz,
        CONSTRAINT pk_customers_profiles PRIMARY KEY (customer_id),
        CONSTRAINT fk_customers_profiles_customer_id
            FOREIGN KEY (customer_id) REFERENCES customers_wallets (customer_id)
    )
    """,
    """
    CREATE UNIQUE INDEX uq_customers_profiles_id_hash
        ON customers_profiles (id_hash) WHERE released_at IS NULL
    """,
    """
    COMMENT ON INDEX uq_customers_profiles_id_hash IS
    'one person has one open wallet with a proven name, so the caps are per person'
    """,
    """
    CREATE TABLE customers_consents (
        customer_id uuid        NOT NULL,
        subject     text        NOT NULL,
        version     text        NOT NULL,
        language    text        NOT NULL,
        accepted_at timestamptz NOT NULL,
        CONSTRAINT pk_customers_consents PRIMARY KEY (customer_id, subject, version),
        CONSTRAINT fk_customers_consents_customer_id
            FOREIGN KEY (customer_id) REFERENCES customers_wallets (customer_id)
    )
    """,
    """
    CREATE TABLE customers_proofings (
        id              uuid        NOT NULL,
        customer_id     uuid        NOT NULL,
        state           text        NOT NULL,
        name_hash       bytea       NOT NULL,
        id_hash         bytea       NOT NULL,
        portrait_sha256 bytea       NOT NULL,
        started_at      timestamptz NOT NULL,
        finished_at     timestamptz,
        CONSTRAINT pk_customers_proofings PRIMARY KEY (id),
        CONSTRAINT fk_customers_proofings_customer_id
            FOREIGN KEY (customer_id) REFERENCES customers_wallets (customer_id),
        CONSTRAINT ck_customers_proofings_state_known
            CHECK (state IN ('started', 'unknown', 'passed', 'refused')),
        CONSTRAINT ck_customers_proofings_end_has_time
            CHECK ((state IN ('passed', 'refused')) = (finished_at IS NOT NULL))
    )
    """,
    "CREATE INDEX ix_customers_proofings_customer_id_id ON customers_proofings (customer_id, id)",
    """
    CREATE TABLE customers_closings (
        customer_id  uuid        NOT NULL,
        closed_at    timestamptz NOT NULL,
        kept         jsonb       NOT NULL,
        keep_until   date        NOT NULL,
        forgotten_at timestamptz,
        CONSTRAINT pk_customers_closings PRIMARY KEY (customer_id),
        CONSTRAINT fk_customers_closings_customer_id
            FOREIGN KEY (customer_id) REFERENCES customers_wallets (customer_id)
    )
    """,
    """
    CREATE INDEX ix_customers_closings_due
        ON customers_closings (keep_until) WHERE forgotten_at IS NULL
    """,
    # What the statement that writes a set takes: an array of rows costs half of what as many
    # arrays of columns do.
    """
    CREATE TYPE customers_new_limit_use AS (
        customer_id uuid, used_day date, day_used bigint, static_day_used bigint,
        static_cards_day_used bigint, used_year integer, year_used bigint, credit_reserved bigint
    )
    """,
    "GRANT SELECT, INSERT, UPDATE ON customers_wallets TO tael_app",
    # The proven person is deleted when the duty to keep it ends.
    "GRANT SELECT, INSERT, UPDATE, DELETE ON customers_profiles, customers_proofings TO tael_app",
    # What was agreed never changes.
    "GRANT SELECT, INSERT ON customers_consents TO tael_app",
    "GRANT SELECT, INSERT, UPDATE (forgotten_at) ON customers_closings TO tael_app",
    "GRANT SELECT ON customers_wallets TO tael_auditor",
)


def upgrade() -> None:
    """Create the tables, named constraints, and what the roles may do with them."""
    for statement in STATEMENTS:
        op.execute(statement)


def downgrade() -> None:
    """Refuse: the schema only goes forward, a mistake is mended by a later migration."""
    raise NotImplementedError
