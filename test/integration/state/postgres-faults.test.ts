import { expect, it } from 'vitest';
import type { StateStore } from '../../../src/state/store.js';
import { PostgresJournal } from '../../support/postgres-journal.js';
import { FAULTS, PostgresPair } from '../../support/postgres-pair.js';
import { describeWithPostgres } from '../../support/postgres-programs.js';
import { migrated, openStore, prepareDatabase, stateSql } from '../../support/postgres-state.js';

/** Faults one after the other; one of each, and then by chance. */
const ROUNDS = Number(process.env['HOLDFAST_STATE_FAULTS'] ?? FAULTS.length);

const LAGGING_ROUNDS = Math.ceil(ROUNDS / FAULTS.length);

describeWithPostgres('a store in PostgreSQL that suffers', (programs) => {
  it('faults of every kind amid changes of two replicas → none that was acknowledged is lost', async () => {
    const pair = await PostgresPair.launch(programs, prepareDatabase);
    const stores: StateStore[] = [];
    try {
      const config = await migrated(pair.primary);
      const limits = { statementTimeoutMs: 1_000, connectTimeoutMs: 500 };
      const open = async () => {
        const addresses = [...(await pair.addressesForOne())];
        const store = await openStore({ ...config, ...limits, addresses });
        stores.push(store);
        return store;
      };
      const [one, two] = [await open(), await open()];
      const journal = new PostgresJournal();
      await journal.begin(one);
      const writers = [one, two].flatMap((store, index) => [
        journal.write(store, `writer-${index}`),
        journal.draw(store),
      ]);
      for (let round = 0; round < ROUNDS; round += 1) {
        const chosen = round < FAULTS.length ? round : Math.floor(Math.random() * FAULTS.length);
        const { acknowledged, drawn } = journal;
        await pair.suffer(FAULTS[chosen] ?? 'restart');
        const sooner = "UPDATE $schema.store SET place_since = place_since - interval '10 s'";
        await expect
          .poll(
            async () => {
              await stateSql(pair.primary, config, sooner);
              return journal.acknowledged > acknowledged + 5 && journal.drawn > drawn + 5;
            },
            { timeout: 30_000 },
          )
          .toBe(true);
      }
      journal.end();
      await Promise.all(writers);
      await journal.judge(two);
      expect(journal.failures.get('gone-back')).toBeUndefined();
    } finally {
      for (const store of stores) await store.close();
      await pair.dispose();
    }
  });

  it(
    'a failover to a standby that lags, again and again → found out, and recovered in full',
    async () => {
      const pair = await PostgresPair.launch(programs, prepareDatabase);
      const stores: StateStore[] = [];
      try {
        const config = await migrated(pair.primary);
        const limits = { statementTimeoutMs: 1_000, connectTimeoutMs: 500 };
        for (let count = 0; count < 2; count += 1) {
          const addresses = [...(await pair.addressesForOne())];
          stores.push(await openStore({ ...config, ...limits, addresses }));
        }
        const journal = new PostgresJournal();
        await journal.begin(stores[0] ?? expect.unreachable());
        const writers = stores.flatMap((store, index) => [
          journal.write(store, `writer-${index}`),
          journal.draw(store),
        ]);
        for (let round = 0; round < LAGGING_ROUNDS; round += 1) {
          const found = journal.failures.get('gone-back') ?? 0;
          await pair.failOverToOneThatLags();
          await expect
            .poll(() => journal.failures.get('gone-back') ?? 0, { timeout: 30_000 })
            .toBeGreaterThan(found);
          const { acknowledged, drawn } = journal;
          await journal.recover(stores[round % 2] ?? expect.unreachable());
          await expect
            .poll(() => journal.acknowledged > acknowledged + 5 && journal.drawn > drawn + 5, {
              timeout: 30_000,
            })
            .toBe(true);
        }
        journal.end();
        await Promise.all(writers);
        await journal.judge(stores[0] ?? expect.unreachable());
      } finally {
        for (const store of stores) await store.close();
        await pair.dispose();
      }
    },
    60_000 + LAGGING_ROUNDS * 30_000,
  );
});
