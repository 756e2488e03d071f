import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import {
  allOpen,
  encryptSample,
  type MovingKeys,
  type Sample,
  startMoving,
} from '../../support/moving-keys.js';
import { PostgresServer } from '../../support/postgres.js';
import { describeWithPostgres } from '../../support/postgres-programs.js';
import { migrated, openStore, prepareDatabase } from '../../support/postgres-state.js';
import { BLOCK, count, countAll, countsOf, WHOLE } from '../../support/replica-counts.js';
import { stateReplica } from '../../support/state-replica.js';
import { temporaryFolder } from '../../support/temporary-folder.js';

const KEYS = ['one', 'two', 'three', 'four'];
const BOTH = new Set(['ENCRYPT', 'DECRYPT'] as const);

describeWithPostgres('keys and counts that come into PostgreSQL', (programs) => {
  let server: PostgresServer;

  beforeAll(async () => {
    server = await PostgresServer.launch(programs);
    await prepareDatabase(server);
  });
  afterAll(async () => {
    await server.dispose();
  });

  /** Encrypts and decrypts until it is told to end. @returns what was encrypted */
  async function load(keys: MovingKeys, isOver: () => boolean): Promise<Sample[]> {
    const made: Sample[] = [];
    for (let round = 0; !isOver(); round += 1) {
      const sample = await encryptSample(keys, KEYS[round % KEYS.length] ?? '');
      made.push(sample);
      if (!(await allOpen(keys, [sample]))) throw new Error('it does not open');
      await new Promise((resolve) => setImmediate(resolve));
    }
    return made;
  }

  it('from a folder, under load, beside another replica → no request fails, and both have all', async () => {
    const config = await migrated(server);
    const directory = join(temporaryFolder(), 'keys');
    const limits = { blockSize: 4, perVersion: 40 };
    const shared = await openStore(config);
    const keys = await startMoving({ shared, directory, init: true, limits });
    for (const key of [...KEYS, 'gone']) await keys.administration.createKey(key, BOTH);
    await keys.administration.destroyKey('gone');
    await stateReplica(await openStore(config));
    let isOver = false;
    const loading = load(keys, () => isOver);
    await keys.administration.moveKeys({ to: 'database' });
    isOver = true;
    const made = await loading;
    const other = await startMoving({ shared: await openStore(config) });
    for (const each of [keys, other]) {
      expect(await allOpen(each, made)).toBe(true);
      expect(await each.administration.listKeys()).toHaveLength(KEYS.length);
      const making = each.administration.createKey('Gone', BOTH);
      await expect(making).rejects.toMatchObject({ code: 'conflict' });
    }
    const ofBoth = [await encryptSample(keys, 'one'), await encryptSample(other, 'one')];
    expect(await allOpen(keys, ofBoth)).toBe(true);
    await expect(
      keys.administration.moveKeys({ to: 'folder', directory: join(temporaryFolder(), 'new') }),
    ).rejects.toMatchObject({ code: 'conflict' });
  });

  it('counters of all replicas, added at once while they encrypt → one count, and none too low', async () => {
    const config = await migrated(server);
    const replicas = await Promise.all(
      [1, 2, 3].map(async () =>
        countsOf({ state: await stateReplica(await openStore(config)), replicas: 3 }),
      ),
    );
    const [first] = replicas;
    for (const { counts } of replicas) await count(counts, 'k', 5);
    await Promise.all(replicas.map(({ counts }) => counts.adopt()));
    expect(await first?.counts.adopt()).toEqual({ adopted: 3, replicas: 3 });
    const made = await Promise.all(replicas.map(({ counts }) => countAll(counts, 'k')));
    expect(made.map(({ code }) => code)).toEqual(['exhausted', 'exhausted', 'exhausted']);
    const sum = made.reduce((total, each) => total + each.made, 0);
    expect(sum).toBeGreaterThan(WHOLE - 3 * 2 * BLOCK);
    expect(3 * 5 + sum).toBeLessThanOrEqual(WHOLE);
  });
});
