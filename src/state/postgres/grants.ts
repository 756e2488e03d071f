import pg from 'pg';
import type { Tables } from './tables.js';

/**
 * Grants the role that serves what it needs and no more. It cannot remove a document, its tombstone
 * or the token of a revision, and it can change no table.
 */
export function grantsFor(tables: Tables, role: string): readonly string[] {
  const to = `TO ${pg.escapeIdentifier(role)}`;
  return [
    `GRANT USAGE ON SCHEMA ${tables.schema} ${to}`,
    `GRANT SELECT ON ${tables.migrations} ${to}`,
    `GRANT SELECT, INSERT ON ${tables.revisions} ${to}`,
    `GRANT SELECT, INSERT, UPDATE ON ${tables.store}, ${tables.documents}, ${tables.uses} ${to}`,
    `GRANT SELECT, INSERT, UPDATE, DELETE ON ${tables.counters}, ${tables.writers}, ${tables.leases} ${to}`,
  ];
}
