"""Keep a transparency log of what was posted."""

from alembic import op

revision = "0013_audit"
down_revision = "0012_ledger_engine"
branch_labels = None
depends_on = None

TABLES = """
-- One row: whoever appends locks it, so that positions have one order.
CREATE TABLE audit_log (
    "only" boolean NOT NULL DEFAULT true,
    size bigint NOT NULL,
    root bytea NOT NULL,
    CONSTRAINT pk_audit_log PRIMARY KEY ("only"),
    CONSTRAINT ck_audit_log_only CHECK ("only"),
    CONSTRAINT ck_audit_log_size CHECK (size >= 0),
    CONSTRAINT ck_audit_log_root CHECK (octet_length(root) = 32)
);
-- The tree without leaves has the hash of nothing.
INSERT INTO audit_log (size, root) VALUES (0, sha256(''));

-- One index: positions follow from the bundles, and what is looked up is a subject.
CREATE TABLE audit_leaves (
    subject uuid NOT NULL,
    "position" bigint NOT NULL,
    salt bytea NOT NULL,
    CONSTRAINT pk_audit_leaves PRIMARY KEY (subject),
    CONSTRAINT ck_audit_leaves_position CHECK ("position" >= 0),
    CONSTRAINT ck_audit_leaves_salt CHECK (octet_length(salt) = 16)
);

CREATE TABLE audit_bundles (
    number bigint NOT NULL,
    entries bytea NOT NULL,
    CONSTRAINT pk_audit_bundles PRIMARY KEY (number),
    CONSTRAINT ck_audit_bundles_number CHECK (number >= 0),
    CONSTRAINT ck_audit_bundles_entries
        CHECK (octet_length(entries) BETWEEN 32 AND 8192 AND octet_length(entries) % 32 = 0)
);
CREATE TABLE audit_tiles (
    level smallint NOT NULL,
    number bigint NOT NULL,
    hashes bytea NOT NULL,
    CONSTRAINT pk_audit_tiles PRIMARY KEY (level, number),
    CONSTRAINT ck_audit_tiles_level CHECK (level BETWEEN 1 AND 7),
    CONSTRAINT ck_audit_tiles_number CHECK (number >= 0),
    CONSTRAINT ck_audit_tiles_hashes
        CHECK (octet_length(hashes) BETWEEN 32 AND 8192 AND octet_length(hashes) % 32 = 0)
);
-- Hashes do not get smaller: trying to compress them is work for nothing.
ALTER TABLE audit_bundles ALTER COLUMN entries SET STORAGE EXTERNAL;
ALTER TABLE audit_tiles ALTER COLUMN hashes SET STORAGE EXTERNAL;

CREATE TABLE audit_checkpoints (
    size bigint NOT NULL,
    root bytea NOT NULL,
    note text NOT NULL,
    day date NOT NULL,
    at timestamptz NOT NULL,
    CONSTRAINT pk_audit_checkpoints PRIMARY KEY (size),
    -- Nobody learns anything from a signed empty tree.
    CONSTRAINT ck_audit_checkpoints_size CHECK (size > 0),
    CONSTRAINT ck_audit_checkpoints_root CHECK (octet_length(root) = 32)
);
CREATE INDEX ix_audit_checkpoints_day ON audit_checkpoints (day, size);

CREATE TABLE audit_keys (
    public bytea NOT NULL,
    name text NOT NULL,
    sealed bytea NOT NULL,
    announcement text NOT NULL,
    signs_from timestamptz NOT NULL,
    signs_until timestamptz,
    CONSTRAINT pk_audit_keys PRIMARY KEY (public),
    CONSTRAINT ck_audit_keys_public CHECK (octet_length(public) = 32),
    CONSTRAINT ck_audit_keys_window CHECK (signs_until IS NULL OR signs_until > signs_from)
);
"""

GUARDS = """
-- For everybody, the owner included: grants alone would leave the owner free.
CREATE FUNCTION audit_refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'the log only grows: % is never changed or removed', TG_TABLE_NAME
        USING ERRCODE = 'integrity_constraint_violation';
END $$;

CREATE FUNCTION audit_guard_log() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.size <= OLD.size THEN
        RAISE EXCEPTION 'the log only grows: % leaves do not become %', OLD.size, NEW.size
            USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    RETURN NEW;
END $$;

-- What stands in a tile stays: only its right end grows.
CREATE FUNCTION audit_guard_bundle() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.number <> OLD.number
        OR octet_length(NEW.entries) <= octet_length(OLD.entries)
        OR substring(NEW.entries FOR octet_length(OLD.entries)) <> OLD.entries
    THEN
        RAISE EXCEPTION 'the log only grows: bundle % does not change', OLD.number
            USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    RETURN NEW;
END $$;

CREATE FUNCTION audit_guard_tile() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF (NEW.level, NEW.number) <> (OLD.level, OLD.number)
        OR octet_length(NEW.hashes) <= octet_length(OLD.hashes)
        OR substring(NEW.hashes FOR octet_length(OLD.hashes)) <> OLD.hashes
    THEN
        RAISE EXCEPTION 'the log only grows: tile % of level % does not change',
            OLD.number, OLD.level USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    RETURN NEW;
END $$;

-- A checkpoint may gain signatures, and goes only when a later one of its day is there.
CREATE FUNCTION audit_guard_checkpoint() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'DELETE' THEN
        IF EXISTS (
            SELECT FROM audit_checkpoints WHERE day = OLD.day AND size > OLD.size
        ) THEN
            RETURN OLD;
        END IF;
    ELSIF (NEW.size, NEW.root, NEW.day, NEW.at) = (OLD.size, OLD.root, OLD.day, OLD.at)
        AND starts_with(NEW.note, OLD.note)
    THEN
        RETURN NEW;
    END IF;
    RAISE EXCEPTION 'the checkpoint of % leaves stays as it is', OLD.size
        USING ERRCODE = 'integrity_constraint_violation';
END $$;

-- A key's end is set; nothing else about it changes.
CREATE FUNCTION audit_guard_key() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF (NEW.public, NEW.name, NEW.sealed, NEW.announcement, NEW.signs_from)
        <> (OLD.public, OLD.name, OLD.sealed, OLD.announcement, OLD.signs_from)
    THEN
        RAISE EXCEPTION 'a key of the log only ends'
            USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    RETURN NEW;
END $$;

CREATE TRIGGER audit_log_grows BEFORE UPDATE ON audit_log
    FOR EACH ROW EXECUTE FUNCTION audit_guard_log();
CREATE TRIGGER audit_log_stays BEFORE DELETE ON audit_log
    FOR EACH ROW EXECUTE FUNCTION audit_refuse_change();
CREATE TRIGGER audit_log_not_emptied BEFORE TRUNCATE ON audit_log
    FOR EACH STATEMENT EXECUTE FUNCTION audit_refuse_change();
CREATE TRIGGER audit_leaves_stay BEFORE UPDATE OR DELETE ON audit_leaves
    FOR EACH ROW EXECUTE FUNCTION audit_refuse_change();
CREATE TRIGGER audit_leaves_not_emptied BEFORE TRUNCATE ON audit_leaves
    FOR EACH STATEMENT EXECUTE FUNCTION audit_refuse_change();
CREATE TRIGGER audit_bundles_grow BEFORE UPDATE ON audit_bundles
    FOR EACH ROW EXECUTE FUNCTION audit_guard_bundle();
CREATE TRIGGER audit_bundles_stay BEFORE DELETE ON audit_bundles
    FOR EACH ROW EXECUTE FUNCTION audit_refuse_change();
CREATE TRIGGER audit_bundles_not_emptied BEFORE TRUNCATE ON audit_bundles
    FOR EACH STATEMENT EXECUTE FUNCTION audit_refuse_change();
CREATE TRIGGER audit_tiles_grow BEFORE UPDATE ON audit_tiles
    FOR EACH ROW EXECUTE FUNCTION audit_guard_tile();
CREATE TRIGGER audit_tiles_stay BEFORE DELETE ON audit_tiles
    FOR EACH ROW EXECUTE FUNCTION audit_refuse_change();
CREATE TRIGGER audit_tiles_not_emptied BEFORE TRUNCATE ON audit_tiles
    FOR EACH STATEMENT EXECUTE FUNCTION audit_refuse_change();
CREATE TRIGGER audit_checkpoints_stay BEFORE UPDATE OR DELETE ON audit_checkpoints
    FOR EACH ROW EXECUTE FUNCTION audit_guard_checkpoint();
CREATE TRIGGER audit_checkpoints_not_emptied BEFORE TRUNCATE ON audit_checkpoints
    FOR EACH STATEMENT EXECUTE FUNCTION audit_refuse_change();
CREATE TRIGGER audit_keys_end BEFORE UPDATE ON audit_keys
    FOR EACH ROW EXECUTE FUNCTION audit_guard_key();
CREATE TRIGGER audit_keys_stay BEFORE DELETE ON audit_keys
    FOR EACH ROW EXECUTE FUNCTION audit_refuse_change();
CREATE TRIGGER audit_keys_not_emptied BEFORE TRUNCATE ON audit_keys
    FOR EACH STATEMENT EXECUTE FUNCTION audit_refuse_change();

-- A replica that applies changes refuses them too.
ALTER TABLE audit_log ENABLE ALWAYS TRIGGER audit_log_grows;
ALTER TABLE audit_leaves ENABLE ALWAYS TRIGGER audit_leaves_stay;
ALTER TABLE audit_bundles ENABLE ALWAYS TRIGGER audit_bundles_grow;
ALTER TABLE audit_bundles ENABLE ALWAYS TRIGGER audit_bundles_stay;
ALTER TABLE audit_tiles ENABLE ALWAYS TRIGGER audit_tiles_grow;
ALTER TABLE audit_tiles ENABLE ALWAYS TRIGGER audit_tiles_stay;
"""

GRANTS = """
GRANT SELECT, UPDATE (size, root) ON audit_log TO tael_app;
GRANT SELECT, INSERT ON audit_leaves TO tael_app;
GRANT SELECT, INSERT, UPDATE (entries) ON audit_bundles TO tael_app;
GRANT SELECT, INSERT, UPDATE (hashes) ON audit_tiles TO tael_app;
GRANT SELECT, INSERT, UPDATE (note), DELETE ON audit_checkpoints TO tael_app;
GRANT SELECT, INSERT, UPDATE (signs_until) ON audit_keys TO tael_app;
GRANT SELECT ON audit_log, audit_leaves, audit_bundles, audit_tiles, audit_checkpoints
    TO tael_auditor;
GRANT SELECT (public, name, announcement, signs_from, signs_until) ON audit_keys TO tael_auditor;
"""


def upgrade() -> None:
    """Build the log, empty: what was posted before is queued for it already."""
    for block in (TABLES, GUARDS, GRANTS):
        op.execute(block)


def downgrade() -> None:
    """Refuse: the schema only goes forward, a mistake is mended by a later migration."""
    raise NotImplementedError
