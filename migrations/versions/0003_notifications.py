"""Build the tables of notifications: messages on their way out, and what live screens are told."""

from alembic import op

revision = "0003_notifications"
down_revision = "0002_ledger"
branch_labels = None
depends_on = None

TABLES = """
CREATE TABLE notifications_messages (
    id uuid NOT NULL,
    channel text NOT NULL,
    template text NOT NULL,
    language text NOT NULL,
    to_hash bytea NOT NULL,
    to_sealed bytea,
    body_sealed bytea,
    state text NOT NULL,
    attempts smallint NOT NULL DEFAULT 0,
    queued_at timestamptz NOT NULL,
    due_at timestamptz NOT NULL,
    expires_at timestamptz,
    ended_at timestamptz,
    fault text,
    CONSTRAINT pk_notifications_messages PRIMARY KEY (id),
    CONSTRAINT ck_notifications_messages_channel CHECK (channel IN ('sms')),
    CONSTRAINT ck_notifications_messages_state
        CHECK (state IN ('queued', 'sent', 'expired', 'dead')),
    -- Texts carry codes: they are kept only while they have to be sent.
    CONSTRAINT ck_notifications_messages_text_while_queued
        CHECK ((state = 'queued') = (to_sealed IS NOT NULL)
           AND (state = 'queued') = (body_sealed IS NOT NULL)),
    CONSTRAINT ck_notifications_messages_ended
        CHECK ((state = 'queued') = (ended_at IS NULL)),
    CONSTRAINT ck_notifications_messages_attempts CHECK (attempts >= 0)
);
COMMENT ON COLUMN notifications_messages.due_at IS
    'When the next attempt may begin; an attempt that runs holds the message until then.';
CREATE INDEX ix_notifications_messages_due ON notifications_messages (due_at)
    WHERE state = 'queued';
CREATE INDEX ix_notifications_messages_ended ON notifications_messages (ended_at)
    WHERE state <> 'queued';

CREATE TABLE notifications_live (
    position bigint GENERATED ALWAYS AS IDENTITY,
    customer_id uuid NOT NULL,
    kind text NOT NULL,
    payload jsonb NOT NULL,
    told_at timestamptz NOT NULL,
    CONSTRAINT pk_notifications_live PRIMARY KEY (customer_id, position)
);
CREATE INDEX ix_notifications_live_told_at ON notifications_live (told_at);

GRANT SELECT, INSERT, UPDATE, DELETE ON notifications_messages TO tael_app;
GRANT SELECT, INSERT, DELETE ON notifications_live TO tael_app;
"""


def upgrade() -> None:
    """Build the tables."""
    op.execute(TABLES)


def downgrade() -> None:
    """Refuse: the schema only goes forward, a mistake is mended by a later migration."""
    raise NotImplementedError
