import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it, onTestFinished } from 'vitest';
import { repositoryPath } from '../../support/container-files.js';
import { HoldfastProcess } from '../../support/holdfast-process.js';
import { writePlainConfiguration } from '../../support/plain-configuration.js';
import { PostgresServer } from '../../support/postgres.js';
import { describeWithPostgres } from '../../support/postgres-programs.js';
import { migrated, prepareDatabase, SERVE, stateSql } from '../../support/postgres-state.js';
import { temporaryFolder } from '../../support/temporary-folder.js';

const PROGRAM = repositoryPath('dist/cli/main.js');

describeWithPostgres('a server with a store in PostgreSQL', (programs) => {
  let database: PostgresServer;
  beforeAll(async () => {
    database = await PostgresServer.launch(programs);
    await prepareDatabase(database);
  });
  afterAll(async () => {
    await database.dispose();
  });

  it('an empty store → begun with --init alone; a second replica joins it without', async () => {
    const store = await storeOf({});
    const [first, second] = [configure(store), configure(store)];
    const refused = serve(configure(store), '--init', 'keys,audit');
    expect(await refused.ended()).toBe(1);
    expect(refused.log()).toMatch(/there is no state store yet in PostgreSQL 127\.0\.0\.1/);
    expect(refused.log()).toMatch(/--init state/);
    const one = serve(first, '--init');
    expect(await metricsOf(one)).toContain('holdfast_state_standing{standing="in-step"} 1');
    const two = serve(second, '--init', 'keys,audit');
    expect(await metricsOf(two)).toContain('holdfast_state_standing{standing="in-step"} 1');
    expect(await two.end('SIGTERM')).toBe(0);
    const again = serve(second);
    await again.started();
    for (const each of [one, again]) expect(await each.end('SIGTERM')).toBe(0);
    expect(one.log() + again.log()).not.toMatch(/canary-postgres/);
  });

  it('an empty store beside folders that have been begun → refused, with a left-over --init, too', async () => {
    const store = await storeOf({});
    const config = configure(store);
    const first = serve(config, '--init');
    await first.started();
    expect(await first.end('SIGTERM')).toBe(0);
    const tables = 'store, revisions, documents, counters, writers, leases';
    await stateSql(database, store, `TRUNCATE ${tables.replaceAll(/\w+/g, '$schema.$&')}`);
    for (const options of [[], ['--init']]) {
      const refused = serve(config, ...options);
      expect(await refused.ended()).toBe(1);
      expect(refused.log()).toMatch(/there is no state store yet .*--init state/);
    }
    const anew = serve(config, '--init', 'state');
    expect(await metricsOf(anew)).toContain('holdfast_state_standing{standing="in-step"} 1');
    expect(await anew.end('SIGTERM')).toBe(0);
  });

  it('the database goes away and comes back → ready throughout, alone and in step again', async () => {
    const server = serve(configure(await storeOf({ statementTimeoutMs: 500 })), '--init');
    const { operations } = await server.started();
    await database.stop('SIGKILL');
    await expect
      .poll(() => metricsOf(server), { timeout: 30_000 })
      .toContain('holdfast_state_standing{standing="alone"} 1');
    expect((await fetch(`http://127.0.0.1:${operations.port}/readyz`)).status).toBe(200);
    await database.start();
    await expect
      .poll(() => metricsOf(server), { timeout: 30_000 })
      .toContain('holdfast_state_standing{standing="in-step"} 1');
    expect(await server.end('SIGTERM')).toBe(0);
  });

  it('no database at the start → refused, and every server is named with its reason', async () => {
    const store = await storeOf({});
    const config = configure({ ...store, addresses: ['127.0.0.1:1', 'localhost:2'] });
    const server = serve(config, '--init');
    expect(await server.ended()).toBe(1);
    expect(server.log()).toMatch(/127\.0\.0\.1:1: .*ECONNREFUSED.*localhost:2: .*ECONNREFUSED/);
  });

  async function storeOf(fields: object) {
    const { addresses, database: name, user, schema } = await migrated(database);
    const tls = { certificateAuthority: database.caPath };
    return { type: 'postgres', addresses, database: name, user, schema, tls, ...fields };
  }

  /** Of a replica of its own. */
  function configure(store: object): string {
    const settings = temporaryFolder();
    const path = join(settings, 'serve.password');
    writeFileSync(path, SERVE.password?.reveal() ?? '', { mode: 0o600 });
    const state = join(temporaryFolder(), 'state');
    return writePlainConfiguration({
      settings,
      state,
      store: { ...store, password: `\${file:${path}}` },
    });
  }
});

function serve(config: string, ...options: readonly string[]): HoldfastProcess {
  const args = [PROGRAM, 'serve', '--config', config, ...options];
  const server = new HoldfastProcess(process.env, args);
  onTestFinished(async () => {
    await server.end('SIGKILL');
  });
  return server;
}

async function metricsOf(server: HoldfastProcess): Promise<string> {
  const { operations } = await server.started();
  const answer = await fetch(`http://127.0.0.1:${operations.port}/metrics`);
  return answer.text();
}
