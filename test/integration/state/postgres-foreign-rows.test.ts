import { afterAll, beforeAll, expect, it } from 'vitest';
import { z } from 'zod';
import type { PostgresStateConfig } from '../../../src/state/postgres/config.js';
import { PostgresServer } from '../../support/postgres.js';
import { describeWithPostgres } from '../../support/postgres-programs.js';
import { migrated, openStore, prepareDatabase, stateSql } from '../../support/postgres-state.js';
import { stateReplica } from '../../support/state-replica.js';

const LEASE = { replica: 'a'.repeat(32), name: 'a', version: '1.0.0', format: 1, applied: 0 };
const notes = {
  name: 'notes',
  newest: { number: 1, schema: z.strictObject({ text: z.string() }) },
};
const SOON = { timeout: 10_000 };

describeWithPostgres('rows that somebody else has written', (programs) => {
  let server: PostgresServer;
  let config: PostgresStateConfig;
  beforeAll(async () => {
    server = await PostgresServer.launch(programs);
    await prepareDatabase(server);
    config = await migrated(server);
  });
  afterAll(() => server.dispose());

  it('too long, of no revision, leases without an end → are named or left out; changes go on', async () => {
    const store = await openStore(config);
    try {
      await stateSql(
        server,
        config,
        `INSERT INTO $schema.documents VALUES
          ('notes', 'long', 9007199254740993, 1, repeat('x', 5000000)),
          ('notes', 'far', 9223372036854775807, 1, '{}')`,
      );
      await stateSql(
        server,
        config,
        `INSERT INTO $schema.leases VALUES ('e', 'e', '1', 1, 0, 'infinity'),
          ('f', 'f', '1', 1, 0, '2999-01-01')`,
      );
      await stateSql(
        server,
        config,
        "INSERT INTO $schema.counters VALUES ('far', 9223372036854775807, 't')",
      );
      await stateSql(server, config, "UPDATE $schema.store SET place_since = 'infinity'");
      await store.renewLease(LEASE); // Which notes the move, and so looks for the counters, too.
      await stateSql(server, config, 'UPDATE $schema.store SET place_since = to_timestamp(0)');
      const change = { collection: 'notes', id: 'own', format: 1, contents: '{}', replaces: 0 };
      await store.put(change);
      const changes = await store.changesSince(0);
      expect(changes.documents.map(({ id }) => id)).toEqual(['own']);
      expect(changes.damaged.map(({ id }) => id).toSorted()).toEqual(['far', 'long']);
      expect(changes.leases.map(({ replica }) => replica)).toEqual([LEASE.replica]);
      expect(changes.leftAside).toEqual(
        ['rows of revisions', 'the lease of "e"', 'the lease of "f"'].map(
          (words) => expect.stringContaining(words) as string,
        ),
      );
      const far = { counter: 'far', size: 1, limit: 2 ** 31 };
      expect(await store.drawBlock(far)).toBeUndefined();
    } finally {
      await store.close();
    }
  });

  it('over a document that replicas have in memory → it goes on as it was, is told, and not written', async () => {
    const fresh = await migrated(server);
    const state = await stateReplica(await openStore(fresh));
    const documents = state.collection(notes);
    const { revision } = await documents.put('x', { text: 'good' }, 0);
    await stateSql(server, fresh, "UPDATE $schema.documents SET contents = '{', revision = 2");
    await stateSql(
      server,
      fresh,
      `WITH raised AS (UPDATE $schema.store SET revision = 2 RETURNING token)
        INSERT INTO $schema.revisions SELECT 2, repeat('d', 32) FROM raised`,
    );
    await stateSql(server, fresh, "UPDATE $schema.store SET token = repeat('d', 32)");
    await expect.poll(() => state.standing.problems.join(), SOON).toMatch(/notes: x is damaged/);
    expect(documents.get('x')).toMatchObject({ kind: 'value', value: { text: 'good' } });
    await expect(documents.put('x', { text: 'mine' }, revision)).rejects.toMatchObject({
      code: 'damaged',
    });
  });
});
