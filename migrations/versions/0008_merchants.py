"""Build the tables of merchants."""

from alembic import op

revision = "0008_merchants"
down_revision = "0007_instruments"
branch_labels = None
depends_on = None

TABLES = """
CREATE TABLE merchants_merchants (
    id uuid NOT NULL,
    name text NOT NULL,
    owner_id uuid,
    account_number bigint NOT NULL,
    opened_at timestamptz NOT NULL,
    CONSTRAINT pk_merchants_merchants PRIMARY KEY (id),
    CONSTRAINT uq_merchants_merchants_account_number UNIQUE (account_number),
    CONSTRAINT ck_merchants_merchants_name_said CHECK (length(name) BETWEEN 1 AND 100)
);
COMMENT ON CONSTRAINT uq_merchants_merchants_account_number ON merchants_merchants
    IS 'Two merchants on one account could not be settled apart.';
COMMENT ON COLUMN merchants_merchants.owner_id
    IS 'The customer who owns the business and therefore may not pay it.';

CREATE TABLE merchants_stores (
    id uuid NOT NULL,
    merchant_id uuid NOT NULL,
    name text NOT NULL,
    name_zh text,
    city text NOT NULL,
    mcc text NOT NULL,
    static_code text NOT NULL,
    state text NOT NULL,
    opened_at timestamptz NOT NULL,
    CONSTRAINT pk_merchants_stores PRIMARY KEY (id),
    CONSTRAINT fk_merchants_stores_merchant_id
        FOREIGN KEY (merchant_id) REFERENCES merchants_merchants (id),
    CONSTRAINT uq_merchants_stores_static_code UNIQUE (static_code),
    CONSTRAINT ck_merchants_stores_name_fits CHECK (length(name) BETWEEN 1 AND 25),
    CONSTRAINT ck_merchants_stores_name_zh_fits CHECK (length(name_zh) BETWEEN 1 AND 25),
    CONSTRAINT ck_merchants_stores_city_fits CHECK (length(city) BETWEEN 1 AND 15),
    CONSTRAINT ck_merchants_stores_mcc_form CHECK (mcc ~ '^[0-9]{4}$'),
    CONSTRAINT ck_merchants_stores_state_known CHECK (state IN ('open', 'closed'))
);
COMMENT ON CONSTRAINT uq_merchants_stores_static_code ON merchants_stores
    IS 'A printed code names one store, or money goes astray.';
COMMENT ON CONSTRAINT ck_merchants_stores_name_fits ON merchants_stores
    IS 'EMVCo tag 59 has room for 25 characters.';
COMMENT ON CONSTRAINT ck_merchants_stores_name_zh_fits ON merchants_stores
    IS 'EMVCo tag 64-01 has room for 25 characters.';
COMMENT ON CONSTRAINT ck_merchants_stores_city_fits ON merchants_stores
    IS 'EMVCo tag 60 has room for 15 characters.';
CREATE INDEX ix_merchants_stores_merchant_id ON merchants_stores (merchant_id);
"""

GRANTS = """
GRANT SELECT, INSERT, UPDATE ON merchants_merchants, merchants_stores TO tael_app;
GRANT SELECT ON merchants_merchants, merchants_stores TO tael_auditor;
"""


def upgrade() -> None:
    """Make the tables of merchants and their stores."""
    op.execute(TABLES)
    op.execute(GRANTS)


def downgrade() -> None:
    """Refuse: the schema only goes forward, a mistake is mended by a later migration."""
    raise NotImplementedError
