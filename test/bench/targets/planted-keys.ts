import { randomBytes } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { captureLog } from '../../support/log-lines.js';
import { canaries } from '../../support/canaries.js';
import { stateSql } from '../../support/postgres-state.js';
import type { PostgresServer } from '../../support/postgres.js';
import { MIN_BLOCK } from '../../../src/key-managers/counting/block-size.js';
import { makeVersion, sealDocument } from '../../../src/key-managers/sealed/keys/key-material.js';
import { StateNames } from '../../../src/key-managers/sealed/state/sealed-keys.js';
import { masterKeyFrom } from '../../../src/sealing/master-key.js';
import { systemClock } from '../../../src/shared/clock.js';
import { Secret } from '../../../src/shared/secret.js';
import type { PostgresStateConfig } from '../../../src/state/postgres/config.js';
import { openFilesStateStore } from '../../../src/state/files/open-files-store.js';

const COLLECTION = 'sealed-keys';
const FORMAT = 1;

/** A key as a store has it: its document, and the name of its counter. */
interface PlantedKey {
  readonly id: string;
  readonly contents: string;
  readonly counter: string;
}

/**
 * Writes keys into a store in files that no process has open: an operator's way, a key at a time,
 * would take minutes.
 *
 * @param directory the store's own
 */
export async function plantInFiles(
  directory: string,
  keyManager: string,
  count: number,
): Promise<void> {
  const store = await openFilesStateStore({
    directory,
    clock: systemClock,
    randomBytes,
    log: captureLog().logger,
    init: false,
    acceptsLoss: false,
    writeFile: (path, contents) => writeFile(path, contents, { mode: 0o600 }),
  });
  try {
    for (const { id, contents, counter } of await makeKeys(keyManager, count)) {
      await store.beginCounter(counter, MIN_BLOCK);
      await store.put({ collection: COLLECTION, id, format: FORMAT, contents, replaces: 0 });
    }
  } finally {
    await store.close();
  }
}

/** Writes keys into a store in PostgreSQL that no replica has open. */
export async function plantInPostgres(
  server: PostgresServer,
  config: PostgresStateConfig,
  keyManager: string,
  count: number,
): Promise<void> {
  const keys = await makeKeys(keyManager, count);
  const ids = keys.map(({ id }) => id);
  const contents = keys.map((key) => key.contents);
  const run = (query: string, values: readonly unknown[] = []) =>
    stateSql(server, config, query, values);
  await run(
    `INSERT INTO $schema.counters SELECT name, ${MIN_BLOCK}, md5(name), ${MIN_BLOCK}
      FROM unnest($1::text[]) AS name`,
    [keys.map(({ counter }) => counter)],
  );
  await run(
    `INSERT INTO $schema.documents
      SELECT '${COLLECTION}', given.id, store.revision + given.n, ${FORMAT}, given.contents
      FROM $schema.store AS store, unnest($1::text[], $2::text[])
        WITH ORDINALITY AS given(id, contents, n)`,
    [ids, contents],
  );
  await run(
    `INSERT INTO $schema.revisions SELECT store.revision + n, md5('planted' || n)
      FROM $schema.store AS store, generate_series(1, $1::int) AS n`,
    [count],
  );
  await run(
    `UPDATE $schema.store AS store SET revision = newest.revision, token = newest.token
      FROM (SELECT * FROM $schema.revisions ORDER BY revision DESC LIMIT 1) AS newest`,
  );
}

/** Makes keys as the key manager makes them, under the master key of the planted secrets. */
async function makeKeys(keyManager: string, count: number): Promise<readonly PlantedKey[]> {
  const key = new Secret(canaries.masterKey.toString('base64'));
  const sealingKey = await masterKeyFrom({ key }, randomBytes).create();
  const names = new StateNames(keyManager);
  const createdAt = new Date();
  const keys: PlantedKey[] = [];
  for (let n = 1; n <= count; n += 1) {
    const head = {
      externalKeyId: `key-${n}`,
      usage: ['ENCRYPT', 'DECRYPT'] as ['ENCRYPT', 'DECRYPT'],
      createdAt: createdAt.toISOString(),
      sealing: { masterKeyId: sealingKey.id },
    };
    const request = { version: 1, createdAt, randomBytes };
    const { stored, material } = await makeVersion(sealingKey, head, request);
    keys.push({
      id: names.document(head.externalKeyId),
      contents: JSON.stringify(await sealDocument(sealingKey, head, [stored])),
      counter: names.counter(material.materialName),
    });
  }
  return keys;
}
