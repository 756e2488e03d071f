import fc from 'fast-check';
import { afterAll, beforeAll, it } from 'vitest';
import { type StateHarness, stateStoreContract } from '../../src/state/contract/index.js';
import { STATE_FORMAT } from '../../src/state/store.js';
import { PostgresServer } from '../support/postgres.js';
import { describeWithPostgres } from '../support/postgres-programs.js';
import { migrated, openStore, prepareDatabase, stateSql } from '../support/postgres-state.js';
import { interleaving, runInterleaved } from '../support/state-interleavings.js';

describeWithPostgres('the state store in PostgreSQL', (programs) => {
  let server: PostgresServer;
  const opened: { close: () => Promise<void> }[] = [];

  beforeAll(async () => {
    server = await PostgresServer.launch(programs);
    await prepareDatabase(server);
  });
  afterAll(async () => {
    await server.dispose();
  });

  async function makeHarness(): Promise<StateHarness> {
    const config = await migrated(server);
    const open = async () => {
      const store = await openStore(config);
      opened.push(store);
      return store;
    };
    return {
      store: await open(),
      other: await open(),
      // The ways that are open already may stay: other replicas go on when one starts anew.
      reopen: open,
      async passTime(ms) {
        const sooner = "UPDATE $schema.leases SET ends_at = ends_at - interval '1 ms' * $1::int";
        await stateSql(server, config, sooner, [ms]);
      },
      async damage({ collection, id }) {
        const spoil =
          "UPDATE $schema.documents SET contents = '{' || contents " +
          'WHERE collection = $1 AND id = $2';
        await stateSql(server, config, spoil, [collection, id]);
        return await open();
      },
      async openNewer() {
        await stateSql(server, config, 'UPDATE $schema.store SET format = $1', [STATE_FORMAT + 1]);
        return await open();
      },
    };
  }

  async function closeAll(): Promise<void> {
    for (const store of opened.splice(0)) await store.close();
  }

  it.each(stateStoreContract)('$title', async ({ run }) => {
    try {
      await run(await makeHarness());
    } finally {
      await closeAll();
    }
  });

  it('random steps of several writers at once → nothing acknowledged is lost or given twice', async () => {
    await fc.assert(
      fc.asyncProperty(interleaving, async (writers) => {
        const { store, other } = await makeHarness();
        await runInterleaved(writers, [store, other]);
        await closeAll();
      }),
      { numRuns: 10 },
    );
  });
});
