import type { Tables } from '../tables.js';

/** The tables of a store, and what the role that serves may do with them. */
export function store(tables: Tables): readonly string[] {
  return [
    // One row: the store itself. Its revision is raised inside each transaction that changes a
    // document, so that the order of commits is the order of revisions.
    `CREATE TABLE ${tables.store} (
      only_row boolean PRIMARY KEY DEFAULT true CHECK (only_row),
      id text NOT NULL CHECK (id ~ '^[0-9a-f]{32}$'),
      revision bigint NOT NULL,
      token text NOT NULL,
      format integer NOT NULL,
      gone_back boolean NOT NULL DEFAULT false,
      recovered bigint NOT NULL DEFAULT 0,
      place text NOT NULL,
      place_since timestamptz NOT NULL
    )`,
    // The token of every revision, kept for ever: a replica that remembers another one, or one that
    // is not there, has seen changes that the store has lost.
    `CREATE TABLE ${tables.revisions} (revision bigint PRIMARY KEY, token text NOT NULL UNIQUE)`,
    // Without contents: a tombstone, which stays for ever.
    `CREATE TABLE ${tables.documents} (
      collection text COLLATE "C" NOT NULL,
      id text COLLATE "C" NOT NULL,
      revision bigint NOT NULL UNIQUE,
      format integer NOT NULL,
      contents text,
      PRIMARY KEY (collection, id)
    )`,
    // The largest block that was drawn: as much may have been drawn again by a process that nobody
    // can ask, where commits are lost.
    `CREATE TABLE ${tables.counters} (
      name text COLLATE "C" PRIMARY KEY,
      next bigint NOT NULL CHECK (next >= 0),
      token text NOT NULL,
      largest bigint NOT NULL DEFAULT 0
    )`,
    // A row for each process that changes something. Each of its transactions raises the beat: a
    // beat that is not there any more is a commit that the store has lost.
    `CREATE TABLE ${tables.writers} (
      writer text PRIMARY KEY,
      beat bigint NOT NULL,
      seen_at timestamptz NOT NULL
    )`,
    `CREATE TABLE ${tables.leases} (
      replica text PRIMARY KEY,
      name text NOT NULL,
      version text NOT NULL,
      format integer NOT NULL,
      applied bigint NOT NULL,
      ends_at timestamptz NOT NULL
    )`,
  ];
}
