/** Marks a SQLite file as a task hub: "tghb" in ASCII. */
export const APPLICATION_ID = 0x74676862;
/** Grows with every change of the tables below. */
export const SCHEMA_VERSION = 1;

/**
 * The tables of a task hub. Texts named `event`, `events`, `input`, `output`, `parent` and `custom_status` are JSON; times
 * are milliseconds since 1970. What changes often (`living`, `activity_claims`) is kept in small rows apart from what
 * may be large, so that a change rewrites little. Large columns come last: a scan for the others doesn't read them.
 */
export const SCHEMA = `
  CREATE TABLE instances (
    key INTEGER PRIMARY KEY AUTOINCREMENT,
    instance_id TEXT NOT NULL UNIQUE,
    execution_id TEXT NOT NULL,
    kind TEXT NOT NULL,
    name TEXT NOT NULL,
    version TEXT NOT NULL,
    status TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL,
    parent TEXT,
    custom_status TEXT,
    output TEXT
  ) STRICT;
  CREATE TABLE inputs (key INTEGER PRIMARY KEY, input TEXT NOT NULL) STRICT;

  -- Instances that have not ended. due_at, due_order: the first message that waits (0: visible, in the order of
  -- due_order), valid while no host has the instance. claim counts how often a host took it.
  CREATE TABLE living (
    key INTEGER PRIMARY KEY,
    due_at INTEGER,
    due_order INTEGER,
    not_before INTEGER NOT NULL,
    host INTEGER,
    claim INTEGER NOT NULL
  ) STRICT;
  CREATE INDEX living_due ON living (due_at, due_order) WHERE host IS NULL AND due_at IS NOT NULL;

  CREATE TABLE messages (
    sequence INTEGER PRIMARY KEY,
    instance INTEGER NOT NULL,
    visible_at INTEGER NOT NULL,
    execution_id TEXT,
    event TEXT NOT NULL
  ) STRICT;
  CREATE INDEX messages_of_instance ON messages (instance, visible_at);

  -- One row for what a turn added.
  CREATE TABLE history (
    part INTEGER PRIMARY KEY,
    instance INTEGER NOT NULL,
    events TEXT NOT NULL
  ) STRICT;
  CREATE INDEX history_of_instance ON history (instance);

  CREATE TABLE activities (
    sequence INTEGER PRIMARY KEY AUTOINCREMENT,
    instance_id TEXT NOT NULL,
    execution_id TEXT NOT NULL,
    task_id INTEGER NOT NULL,
    name TEXT NOT NULL,
    version TEXT,
    input TEXT
  ) STRICT;
  -- Activities up to queue_head.taken have been taken at least once and have a row here until they end; without a host
  -- they are free again.
  CREATE TABLE activity_claims (sequence INTEGER PRIMARY KEY, host INTEGER, attempt INTEGER NOT NULL) STRICT;
  CREATE INDEX activity_claims_free ON activity_claims (sequence) WHERE host IS NULL;
  CREATE TABLE queue_head (taken INTEGER NOT NULL) STRICT;
  INSERT INTO queue_head (taken) VALUES (0);

  -- Hosts that may have claims. lock names the file that the host's process has locked.
  CREATE TABLE hosts (
    host INTEGER PRIMARY KEY AUTOINCREMENT,
    lock TEXT NOT NULL UNIQUE,
    lease_until INTEGER NOT NULL
  ) STRICT;
`;
