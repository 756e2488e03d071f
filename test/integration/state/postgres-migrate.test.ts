import { afterAll, beforeAll, expect, it } from 'vitest';
import type { PostgresStateConfig } from '../../../src/state/postgres/config.js';
import { finishMigration, migrate } from '../../../src/state/postgres/migrate.js';
import { STATE_FORMAT } from '../../../src/state/store.js';
import { PostgresServer } from '../../support/postgres.js';
import { describeWithPostgres } from '../../support/postgres-programs.js';
import {
  MIGRATE,
  migrated,
  openStore,
  prepareDatabase,
  SERVE,
  sqlAs,
  stateConfig,
  stateSql,
} from '../../support/postgres-state.js';

/** Every step, as it is named. */
const STEPS = ['1 store', '2 uses'];

describeWithPostgres('migrations of PostgreSQL', (programs) => {
  let server: PostgresServer;
  beforeAll(async () => {
    server = await PostgresServer.launch(programs);
    await prepareDatabase(server);
  });
  afterAll(async () => {
    await server.dispose();
  });

  it('run twice → the second changes nothing', async () => {
    const config = stateConfig(server);
    const first = await migrate(config, MIGRATE);
    expect(first).toEqual({ applied: STEPS, grantedTo: SERVE.user });
    const tables = () =>
      stateSql(
        server,
        config,
        "SELECT oid FROM pg_class WHERE relnamespace = '$schema'::regnamespace ORDER BY oid",
      );
    const before = await tables();
    expect((await migrate(config, MIGRATE)).applied).toEqual([]);
    expect(await tables()).toEqual(before);
  });

  it('several run at once → each step is applied once', async () => {
    const config = stateConfig(server);
    const runs = await Promise.all(Array.from({ length: 4 }, () => migrate(config, MIGRATE)));
    expect(runs.flatMap(({ applied }) => applied)).toEqual(STEPS);
  });

  it('a schema that the administrator has made → used, without the right to make one', async () => {
    const config = stateConfig(server);
    await stateSql(server, config, `CREATE SCHEMA $schema AUTHORIZATION ${MIGRATE.user}`);
    await stateSql(server, config, `REVOKE CREATE ON DATABASE state FROM ${MIGRATE.user}`);
    expect((await migrate(config, MIGRATE)).applied).toEqual(STEPS);
    await stateSql(server, config, `GRANT CREATE ON DATABASE state TO ${MIGRATE.user}`);
  });

  it('the role that serves → cannot change tables, nor remove what stays for ever', async () => {
    const config = await migrated(server);
    await (await openStore(config)).close();
    for (const statement of [
      'DROP TABLE $schema.documents',
      'ALTER TABLE $schema.documents ADD COLUMN more text',
      'CREATE TABLE $schema.more ()',
      'CREATE SCHEMA more',
      'DELETE FROM $schema.documents',
      'TRUNCATE $schema.documents',
      'DELETE FROM $schema.uses',
      'DELETE FROM $schema.store',
      'DELETE FROM $schema.revisions',
      'UPDATE $schema.revisions SET token = token',
      'UPDATE $schema.migrations SET number = 0',
    ]) {
      const refused = sqlAs(server, config, SERVE, statement);
      await expect(refused, statement).rejects.toMatchObject({ code: '42501' });
    }
    await expect(migrate(config, SERVE)).rejects.toMatchObject({ code: 'misconfigured' });
  });

  it('the role that serves is not there → misconfigured, and nothing is made', async () => {
    const config = stateConfig(server, { user: 'serve_other' });
    await expect(migrate(config, MIGRATE)).rejects.toMatchObject({ code: 'misconfigured' });
    const there = await stateSql(
      server,
      config,
      "SELECT FROM pg_namespace WHERE nspname = '$schema'",
    );
    expect(there).toEqual([]);
  });

  it('a store of an earlier migration → told to migrate, which applies the rest, and loses nothing', async () => {
    const config = await migrated(server);
    const store = await openStore(config);
    const change = { collection: 'things', id: 'one', format: 1, contents: '1', replaces: 0 };
    const document = await store.put(change);
    await store.close();
    await stateSql(server, config, 'DROP TABLE $schema.uses');
    await stateSql(server, config, 'DELETE FROM $schema.migrations WHERE number > 1');
    await expect(openStore(config)).rejects.toThrow(/holdfast state migrate/);
    expect((await migrate(config, MIGRATE)).applied).toEqual(STEPS.slice(1));
    const again = await openStore(config);
    expect(await again.list('things')).toEqual([document]);
    expect(await again.putUses([{ ...change, replaces: undefined }])).toHaveLength(1);
    await again.close();
  });

  it('the format is turned on while an older replica lives → refused, and it is named', async () => {
    const config = await withLease('2.0.0');
    const finish = () => finishMigration(config, MIGRATE, STATE_FORMAT + 1);
    await expect(finish()).rejects.toThrow(/older-one \(2\.0\.0\)/);
    await stateSql(server, config, 'UPDATE $schema.leases SET ends_at = now()');
    expect(await finish()).toEqual({ from: STATE_FORMAT, to: STATE_FORMAT + 1 });
    expect(await finish()).toEqual({ from: STATE_FORMAT + 1, to: STATE_FORMAT + 1 });
    await expect(openStore(config)).rejects.toMatchObject({ code: 'newer-version' });
  });

  it('… while a lease of an older replica ends too late to be one → refused, and it is named', async () => {
    const config = await withLease('2.0.0');
    await stateSql(server, config, "UPDATE $schema.leases SET ends_at = now() + interval '1 h'");
    const finish = () => finishMigration(config, MIGRATE, STATE_FORMAT + 1);
    await expect(finish()).rejects.toThrow(/end too late: older-one \(2\.0\.0\)/);
    await stateSql(server, config, 'DELETE FROM $schema.leases');
    expect(await finish()).toMatchObject({ to: STATE_FORMAT + 1 });
  });

  it('the format is on → a lease of an older replica is refused', async () => {
    const config = await withLease('2.0.0');
    const store = await openStore(config);
    await stateSql(server, config, 'UPDATE $schema.store SET format = $1', [STATE_FORMAT]);
    const lease = { replica: 'b'.repeat(32), name: 'b', version: '1', format: 0, applied: 0 };
    await expect(store.renewLease(lease)).rejects.toMatchObject({ code: 'newer-version' });
    await store.close();
  });

  it('there is no store yet → empty', async () => {
    const finish = finishMigration(await migrated(server), MIGRATE, STATE_FORMAT);
    await expect(finish).rejects.toMatchObject({ code: 'empty' });
  });

  async function withLease(version: string): Promise<PostgresStateConfig> {
    const config = await migrated(server);
    const store = await openStore(config);
    await store.renewLease({
      replica: 'a'.repeat(32),
      name: 'older-one',
      version,
      format: STATE_FORMAT,
      applied: 0,
    });
    await store.close();
    return config;
  }
});
