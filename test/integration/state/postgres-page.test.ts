import { copyFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { readStatePart } from '../../../src/configuration/state-part.js';
import type { StateConfig } from '../../../src/state/config.js';
import { repositoryFile } from '../../support/container-files.js';
import { runAsReader, shellCommands } from '../../support/documented-commands.js';
import { PostgresServer } from '../../support/postgres.js';
import { SUPERUSER_PASSWORD } from '../../support/postgres-files.js';
import { describeWithPostgres } from '../../support/postgres-programs.js';
import { openStore } from '../../support/postgres-state.js';
import { temporaryFolder } from '../../support/temporary-folder.js';

const PAGE = 'docs/state-postgresql.md';

describeWithPostgres(PAGE, (programs) => {
  let server: PostgresServer;
  beforeAll(async () => {
    server = await PostgresServer.launch(programs);
  });
  afterAll(async () => {
    await server.dispose();
  });

  it('its commands, one after the other → a store to serve from, a backup, the newest format', async () => {
    const folder = makeReader();
    const setUp = ['Two roles and a schema', 'The configuration', 'Make the tables'];
    const made = await read(folder, setUp);
    expect(made.code, made.output).toBe(0);
    expect(made.output).toMatch(/applied: 1 store, 2 uses\ngranted to holdfast_serve/);
    const config = configIn(folder);
    if (config.type !== 'postgres') expect.unreachable('the page configures PostgreSQL');
    const store = await openStore(config);
    const document = { collection: 'things', id: 'one', format: 1, contents: '1' };
    await store.put({ ...document, replaces: 0 });

    const again = makeReader();
    for (const name of ['holdfast.yaml', 'migrate.password', 'serve.password']) {
      copyFileSync(join(folder, name), join(again, name));
    }
    const kept = await read(again, ['Backup and restore', 'Upgrade']);
    expect(kept.code, kept.output).toBe(0);
    expect(kept.output).toMatch(/format 1 was on already/);
    const put = store.put({ ...document, id: 'two', replaces: 0 });
    await expect(put).rejects.toMatchObject({ code: 'gone-back' });
    await store.close();
    expect(made.output + kept.output).not.toMatch(/canary/);
  });

  it('what it says of messages → as they are in the code', () => {
    const page = repositoryFile(PAGE);
    const postgres = ['standby', 'failures', 'servers', 'writer', 'open', 'counters', 'commit'];
    const sources = postgres.map((name) => `postgres/${name}`);
    const code = [...sources, 'copy/collection-copy', 'copy/document-format']
      .map((name) => repositoryFile(`src/state/${name}.ts`))
      .join('')
      .replaceAll(/['`] \+\s+['`]/g, '');
    const table = page.slice(page.indexOf('| Text |'), page.indexOf('## How a replica stands'));
    const quoted = [...table.matchAll(/^\| (`[^|]+`) \|/gm)].flatMap(([, cell = '']) =>
      [...cell.matchAll(/`([^`]+)`/g)].map(([, text = '']) => text),
    );
    expect(quoted.length).toBeGreaterThan(12);
    for (const text of quoted) {
      const plain = text.replace(/^… | …$/gu, '').replace(/ = off$/, '');
      const isWithValues = /\d|fsync|full_page/.test(plain);
      if (!isWithValues) expect(code).toContain(plain);
    }
  });

  function makeReader(): string {
    const folder = temporaryFolder();
    copyFileSync(server.caPath, join(folder, 'postgres-ca.pem'));
    // The superuser logs in as the page leaves it to its reader.
    const login = `127.0.0.1:${server.port}:*:postgres:${SUPERUSER_PASSWORD}\n`;
    writeFileSync(join(folder, 'pgpass'), login, { mode: 0o600 });
    return folder;
  }

  async function read(folder: string, sections: readonly string[]) {
    const commands = `export PGPASSFILE=${join(folder, 'pgpass')}\n${shellCommands(PAGE, sections)}`;
    return await runAsReader(commands, {
      folder,
      ports: [],
      path: [programs],
      replaced: {
        'db1.example': '127.0.0.1',
        'db2.example': '127.0.0.1',
        '5432': String(server.port),
      },
    });
  }
});

function configIn(folder: string): StateConfig {
  return readStatePart(join(folder, 'holdfast.yaml'), {}, []).state;
}
