import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { run } from '../../../src/cli/run.js';
import type { PostgresStateConfig } from '../../../src/state/postgres/config.js';
import { CapturedTerminal } from '../../support/captured-terminal.js';
import { PostgresServer } from '../../support/postgres.js';
import { describeWithPostgres } from '../../support/postgres-programs.js';
import {
  MIGRATE,
  openStore,
  prepareDatabase,
  SERVE,
  stateConfig,
  stateSql,
} from '../../support/postgres-state.js';
import { temporaryFolder } from '../../support/temporary-folder.js';

describeWithPostgres('holdfast state migrate', (programs) => {
  let server: PostgresServer;
  beforeAll(async () => {
    server = await PostgresServer.launch(programs);
    await prepareDatabase(server);
  });
  afterAll(async () => {
    await server.dispose();
  });

  it('as the owner, twice, then --finish → said in words, and as JSON', async () => {
    const { folder, config, asOwner } = prepare();
    const first = await migrate(folder, asOwner);
    expect(first).toMatchObject({ code: 0, stderr: '' });
    expect(first.stdout).toMatch(/^PostgreSQL 127\.0\.0\.1:\d+, database state, schema \w+\n/);
    expect(first.stdout).toMatch(
      /\napplied: 1 store, 2 uses\ngranted to serve: what serving needs\n$/,
    );
    const second = await migrate(folder, [...asOwner, '--json']);
    expect(JSON.parse(second.stdout)).toMatchObject({ applied: [], grantedTo: 'serve' });
    expect(await migrate(folder, [...asOwner, '--finish'])).toMatchObject({ code: 1 });
    await (await openStore(config)).close();
    const finish = await migrate(folder, [...asOwner, '--finish']);
    expect(finish).toMatchObject({ code: 0, stderr: '' });
    expect(finish.stdout).toMatch(/format 1 was on already\n$/);
    await stateSql(server, config, 'UPDATE $schema.store SET format = 0');
    const raised = await migrate(folder, [...asOwner, '--finish', '--json']);
    expect(JSON.parse(raised.stdout)).toMatchObject({ from: 0, to: 1 });
  });

  it('another role with a password of its own → secrets of the configuration are not read', async () => {
    const { folder, asOwner } = prepare('${file:/none/serve.password}');
    expect(await migrate(folder, asOwner)).toMatchObject({ code: 0, stderr: '' });
    const asServing = await migrate(folder, []);
    expect(asServing.code).toBe(2);
    expect(asServing.stderr).toMatch(/state\.password.*\/none\/serve\.password/s);
  });

  it('as the role that serves → refused, and nothing secret is told', async () => {
    const { folder } = prepare();
    const refused = await migrate(folder, []);
    expect(refused).toMatchObject({ code: 1, stdout: '' });
    expect(refused.stderr).toMatch(/the role lacks a right/);
    expect(refused.stderr).not.toMatch(/canary/);
  });

  it.each([
    { what: 'a password and no role', args: ['--password-file', 'x'], told: /Give --user/ },
    { what: 'a certificate without its key', args: ['--certificate', 'x'], told: /--private-key/ },
  ])('$what → exit code 2', async ({ args, told }) => {
    const refused = await migrate(prepare().folder, args);
    expect(refused.code).toBe(2);
    expect(refused.stderr).toMatch(told);
  });

  it('a store in files → exit code 2, and that it needs none', async () => {
    const folder = temporaryFolder();
    writeFileSync(join(folder, 'holdfast.yaml'), 'stateDirectory: .\n');
    const refused = await migrate(folder, []);
    expect(refused.code).toBe(2);
    expect(refused.stderr).toMatch(/keeps its state in files/);
  });

  it('a mistake in the part → exit code 2, with its place', async () => {
    const folder = temporaryFolder();
    writeFileSync(join(folder, 'holdfast.yaml'), 'state:\n  type: postgres\n  adresses: [a]\n');
    const refused = await migrate(folder, []);
    expect(refused.code).toBe(2);
    expect(refused.stderr).toMatch(/did you mean addresses\?/);
  });

  function prepare(password = '${file:serve.password}') {
    const folder = temporaryFolder();
    const config: PostgresStateConfig = stateConfig(server);
    const state = {
      type: 'postgres',
      addresses: config.addresses,
      database: config.database,
      user: config.user,
      password,
      schema: config.schema,
      tls: { certificateAuthority: server.caPath },
    };
    const file = JSON.stringify({ stateDirectory: '.', state });
    writeFileSync(join(folder, 'holdfast.yaml'), file);
    for (const { user, password: secret } of [SERVE, MIGRATE]) {
      const path = join(folder, `${user}.password`);
      writeFileSync(path, `${secret?.reveal() ?? ''}\n`, { mode: 0o600 });
    }
    const ownersPassword = join(folder, `${MIGRATE.user}.password`);
    return { folder, config, asOwner: ['--user', MIGRATE.user, '--password-file', ownersPassword] };
  }

  async function migrate(folder: string, args: readonly string[]) {
    const terminal = new CapturedTerminal();
    const file = join(folder, 'holdfast.yaml');
    const code = await run(['state', 'migrate', '--config', file, ...args], terminal);
    return { code, stdout: terminal.stdout, stderr: terminal.stderr };
  }
});
