"""The tables of the queue, by the version of the schema, whose comment names it.

    tables of a version  =  those of the version before, and what `_ADDED` says

Secret is only `inputs.sealed`, which is sealed to the workers' key (sealing.py).  It lies in a table of its own, so
that the rows that are searched stay small.  `attempts` refers to no job by a foreign key: it is written in a
transaction of its own while another one holds the job's row.  `listed` has the files that a key's contents name.
"""

from prover.farm.session import NOW_MS, SCHEMA, Session
from zk.errors import FormatError

_MARK = "a zksettle proving queue of schema version "
_UPGRADING = 0x7A6B6661726D  # the advisory lock of who creates or upgrades: "zkfarm"

_ADDED = {
    1: """
CREATE TABLE farm (
    id integer PRIMARY KEY CHECK (id = 1),
    public_key bytea NOT NULL CHECK (length(public_key) = 64),
    is_draining boolean NOT NULL DEFAULT false
);

CREATE TABLE keys (
    digest bytea PRIMARY KEY CHECK (length(digest) = 32),
    contents bytea NOT NULL CHECK (length(contents) <= 65536)
);
CREATE TABLE chunks (
    file bytea NOT NULL CHECK (length(file) = 32),
    number integer NOT NULL CHECK (number >= 0),
    data bytea NOT NULL CHECK (length(data) BETWEEN 1 AND 1048576),
    PRIMARY KEY (file, number)
);
ALTER TABLE chunks ALTER data SET STORAGE EXTERNAL;

CREATE TABLE jobs (
    id bytea PRIMARY KEY CHECK (length(id) = 16),
    place bigint GENERATED ALWAYS AS IDENTITY,
    key bytea NOT NULL REFERENCES keys,
    public_digest bytea NOT NULL CHECK (length(public_digest) = 32),
    purpose smallint NOT NULL CHECK (purpose BETWEEN 0 AND 3),
    replaces text CHECK (length(replaces) BETWEEN 1 AND 64),
    state text NOT NULL DEFAULT 'queued'
        CHECK (state IN ('queued', 'done', 'parked', 'replaced', 'overdue', 'withdrawn')),
    submitted_ms bigint NOT NULL,
    deadline_ms bigint NOT NULL,
    ended_ms bigint CHECK ((ended_ms IS NULL) = (state = 'queued')),
    worker bytea CHECK (length(worker) = 32),
    proof bytea CHECK (length(proof) = 256),
    signature bytea CHECK (length(signature) = 64),
    certificate bytea CHECK (length(certificate) = 64),
    reason text NOT NULL DEFAULT '' CHECK (length(reason) <= 500),
    CHECK ((state = 'done') = (num_nulls(worker, proof, signature, certificate) = 0))
);
CREATE INDEX jobs_queued ON jobs (purpose, deadline_ms, place) WHERE state = 'queued';
CREATE INDEX jobs_overdue ON jobs (deadline_ms) WHERE state = 'queued';
CREATE INDEX jobs_replacing ON jobs (replaces, place) WHERE replaces IS NOT NULL;
CREATE INDEX jobs_ended ON jobs (ended_ms) WHERE ended_ms IS NOT NULL;

CREATE TABLE inputs (
    job bytea PRIMARY KEY REFERENCES jobs ON DELETE CASCADE,
    sealed bytea NOT NULL
);
ALTER TABLE inputs ALTER sealed SET STORAGE EXTERNAL;

CREATE TABLE attempts (
    job bytea NOT NULL CHECK (length(job) = 16),
    number integer NOT NULL CHECK (number > 0),
    worker bytea NOT NULL CHECK (length(worker) = 32),
    began_ms bigint NOT NULL,
    reason text CHECK (length(reason) <= 500),
    PRIMARY KEY (job, number)
);

CREATE TABLE workers (
    identity bytea NOT NULL CHECK (length(identity) = 32),
    instance bytea NOT NULL CHECK (length(instance) = 8),
    name text NOT NULL CHECK (length(name) <= 64),
    certificate bytea NOT NULL CHECK (length(certificate) = 64),
    started_ms bigint NOT NULL,
    seen_ms bigint NOT NULL,
    state text NOT NULL CHECK (state IN ('idle', 'proving', 'draining')),
    done bigint NOT NULL DEFAULT 0,
    failed bigint NOT NULL DEFAULT 0,
    PRIMARY KEY (identity, instance)
);

CREATE TABLE quarantine (
    worker bytea NOT NULL CHECK (length(worker) = 32),
    certificate bytea NOT NULL CHECK (length(certificate) = 64),
    job bytea NOT NULL CHECK (length(job) = 16),
    key bytea NOT NULL CHECK (length(key) = 32),
    public_inputs bytea NOT NULL,
    proof bytea NOT NULL CHECK (length(proof) = 256),
    signature bytea NOT NULL CHECK (length(signature) = 64),
    reported_ms bigint NOT NULL,
    PRIMARY KEY (worker, signature)
)
""",
    2: f"""
ALTER TABLE keys ADD used_ms bigint NOT NULL DEFAULT {NOW_MS};
ALTER TABLE chunks ADD written_ms bigint NOT NULL DEFAULT {NOW_MS};
CREATE TABLE listed (
    key bytea REFERENCES keys ON DELETE CASCADE,
    file bytea,
    PRIMARY KEY (key, file)
);
CREATE INDEX listed_files ON listed (file);
INSERT INTO listed SELECT DISTINCT digest, decode(entry.value ->> 'digest', 'hex')
    FROM keys, json_each(convert_from(contents, 'UTF8')::json -> 'files') AS entry
""",
}

NEWEST = max(_ADDED)
"""The version that this program reads and writes."""


def create(session: Session, public_key: bytes) -> None:
    """Creates the queue, or upgrades it from an earlier version, whole or not at all.

    Raises FormatError when the queue there is another farm's, or of a version that this program does not know.
    """
    with session.transaction() as connection:
        connection.execute("SELECT pg_advisory_xact_lock(%s)", (_UPGRADING,))
        version = _version(session)
        if version is None:
            connection.execute(f"CREATE SCHEMA {SCHEMA}")
        for number in range((version or 0) + 1, NEWEST + 1):
            for statement in _ADDED[number].split(";"):
                connection.execute(statement)
        connection.execute(f"COMMENT ON SCHEMA {SCHEMA} IS '{_MARK}{NEWEST}'")
        connection.execute("INSERT INTO farm (id, public_key) VALUES (1, %s) ON CONFLICT DO NOTHING", (public_key,))
        if session.rows("SELECT public_key FROM farm") != [(public_key,)]:
            raise FormatError("the queue in this database belongs to another farm key")


def check(session: Session) -> None:
    """Raises FormatError unless the database has a queue of this version."""
    version = _version(session)
    if version is None:
        raise FormatError("there is no queue in this database: `zksettle prover queue init` creates one")
    if version < NEWEST:
        raise FormatError(f"the queue has schema version {version}: `zksettle prover queue init` upgrades it")


def _version(session: Session) -> int | None:
    """The version of the queue, or None when there is none.  Raises FormatError when it is newer than this program."""
    query = "SELECT obj_description(oid, 'pg_namespace')::text FROM pg_namespace WHERE nspname = %s"
    rows = session.rows(query, (SCHEMA,))
    if not rows:
        return None
    text = rows[0][0] or ""
    if not text.startswith(_MARK) or not text.removeprefix(_MARK).isdecimal():
        raise FormatError(f"the database has a schema named {SCHEMA} that is not a proving queue")
    version = int(text.removeprefix(_MARK))
    if version > NEWEST:
        raise FormatError(f"the queue has schema version {version}, and this program knows {NEWEST}: upgrade it")
    return version
