import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, expect, it, vi } from 'vitest';
import { Secret } from '../../../src/shared/secret.js';
import type { PostgresStateConfig } from '../../../src/state/postgres/config.js';
import { assertUsable } from '../../../src/state/postgres/servers.js';
import { STATE_FORMAT, type StateStore } from '../../../src/state/store.js';
import {
  issueCertificate,
  makeCertificateAuthority,
  makeSelfSigned,
} from '../../support/certificates.js';
import { takePort } from '../../support/free-ports.js';
import { PostgresServer } from '../../support/postgres.js';
import { SUPERUSER_PASSWORD } from '../../support/postgres-files.js';
import { describeWithPostgres } from '../../support/postgres-programs.js';
import {
  migrated,
  openStore,
  prepareDatabase,
  SERVE,
  stateSql,
} from '../../support/postgres-state.js';
import { temporaryFolder } from '../../support/temporary-folder.js';

const DOCUMENT = { collection: 'things', id: 'one', format: 1, contents: '1' };

describeWithPostgres('the way to a store in PostgreSQL', (programs) => {
  let server: PostgresServer;
  let standby: PostgresServer;
  let config: PostgresStateConfig;
  const opened: StateStore[] = [];

  beforeAll(async () => {
    server = await PostgresServer.launch(programs, {
      firstAccess: [
        'hostssl all by_certificate 127.0.0.1/32 cert',
        'hostssl all nobody all reject',
      ],
    });
    await prepareDatabase(server);
    await server.sql('CREATE ROLE by_certificate LOGIN');
    await server.sql(`GRANT ${SERVE.user} TO by_certificate`);
    standby = await server.startStandby('near');
    config = await migrated(server);
    await open(config);
  });
  afterEach(async () => {
    for (const store of opened.splice(0)) await store.close();
  });
  afterAll(async () => {
    await standby.dispose();
    await server.dispose();
  });

  async function open(given: PostgresStateConfig, mayBegin = true): Promise<StateStore> {
    const store = await openStore(given, mayBegin);
    opened.push(store);
    return store;
  }

  async function expectRefused(
    given: Partial<PostgresStateConfig>,
    code: string,
    message: RegExp,
  ): Promise<void> {
    const refused = await open({ ...config, ...given }).then(
      () => undefined,
      (error: unknown) => error,
    );
    expect(refused).toMatchObject({ name: 'StateError', code });
    expect(String(refused)).toMatch(message);
    expect(String(refused)).not.toMatch(/canary/);
  }

  it('a standby and a closed port before the primary → the primary is found', async () => {
    const closed = await takePort();
    closed.release();
    const addresses = [standby.address, `127.0.0.1:${closed.port}`, server.address];
    const store = await open({ ...config, addresses });
    const { revision } = await store.put({ ...DOCUMENT, replaces: 0 });
    expect(await store.get(DOCUMENT)).toMatchObject({ revision });
  });

  it('a standby alone → unavailable, and each server is named', async () => {
    const addresses = [standby.address];
    await expectRefused({ addresses }, 'unavailable', /127\.0\.0\.1:\d+: it is a standby/);
  });

  it('a wrong password → misconfigured, and not a word of it', async () => {
    const password = new Secret('canary-wrong-password-3');
    await expectRefused(
      { password },
      'misconfigured',
      /password is not right \(state\.password, or --password-file\)/,
    );
  });

  it('no password, and one in the environment → that one is not used', async () => {
    vi.stubEnv('PGPASSWORD', SERVE.password?.reveal() ?? '');
    await expectRefused({ password: undefined }, 'unavailable', /password/);
  });

  it.each([
    { what: 'another database', given: { database: 'none' }, told: /no such database/ },
    { what: 'a role that is not let in', given: { user: 'nobody' }, told: /pg_hba\.conf/ },
    { what: 'a schema that is not there', given: { schema: 'none' }, told: /state migrate/ },
  ])('$what → misconfigured, and what helps', async ({ given, told }) => {
    await expectRefused(given, 'misconfigured', told);
  });

  it('a database of another encoding → misconfigured', async () => {
    await server.sql("CREATE DATABASE plain TEMPLATE template0 ENCODING 'SQL_ASCII'");
    await expectRefused({ database: 'plain' }, 'misconfigured', /SQL_ASCII, and UTF8 is needed/);
  });

  it('an environment that asks for another encoding and weaker commits → not heard', async () => {
    vi.stubEnv('PGCLIENTENCODING', 'LATIN1');
    vi.stubEnv('PGOPTIONS', '-c synchronous_commit=off');
    const fresh = await migrated(server);
    const store = await open(fresh);
    const contents = '"Schlüssel 鍵 🔑"';
    await store.put({ ...DOCUMENT, contents, replaces: 0 });
    vi.unstubAllEnvs();
    const [row] = await stateSql(server, fresh, 'SELECT contents FROM $schema.documents');
    expect(row).toEqual({ contents });
  });

  it('a schema without a store → empty, unless one may be begun', async () => {
    const fresh = await migrated(server);
    await expect(openStore(fresh, false)).rejects.toMatchObject({ code: 'empty' });
    const [one, two] = await Promise.all([open(fresh), open(fresh)]);
    expect(one.id).toBe(two.id);
    expect((await open(fresh, false)).id).toBe(one.id);
  });

  it('a certificate of another authority → misconfigured', async () => {
    const other = await makeCertificateAuthority('Another root');
    const certificateAuthority = join(temporaryFolder(), 'ca.pem');
    writeFileSync(certificateAuthority, other.certificate);
    const tls = { certificateAuthority };
    await expectRefused({ tls }, 'misconfigured', /certificate is refused/);
  });

  it('an authority that cannot be read → misconfigured, and the file is named', async () => {
    const tls = { certificateAuthority: '/none/ca.pem' };
    await expectRefused({ tls }, 'misconfigured', /state\.tls\.certificateAuthority.*\/none\/ca/);
  });

  it('a certificate for another name, or for no name → misconfigured', async () => {
    for (const names of [{ dnsNames: ['db.example'] }, {}]) {
      await server.present(
        await issueCertificate(server.authority, { commonName: '127.0.0.1', ...names }),
      );
      await expectRefused({}, 'misconfigured', /certificate is refused/);
    }
    await server.present(await makeSelfSigned({ commonName: '127.0.0.1' }));
    await expectRefused({}, 'misconfigured', /certificate is refused/);
    const ipAddresses = ['127.0.0.1'];
    await server.present(
      await issueCertificate(server.authority, { commonName: 'x', ipAddresses }),
    );
    await open(config);
  });

  it('TLS is wanted, and the server has none → misconfigured, and no password is sent', async () => {
    await server.offerTls(false);
    try {
      await expectRefused({}, 'misconfigured', /does not offer TLS/);
      const login = { user: 'postgres', password: new Secret(SUPERUSER_PASSWORD) };
      const inClear = await open({ ...config, ...login, tls: 'off' });
      await inClear.list('things');
    } finally {
      await server.offerTls(true);
    }
  });

  it('the server wants TLS, and it is off → misconfigured', async () => {
    await expectRefused({ tls: 'off' }, 'misconfigured', /pg_hba\.conf/);
  });

  it('a client certificate → lets its role in without a password', async () => {
    const folder = temporaryFolder();
    const [certificate, privateKey] = [join(folder, 'client.pem'), join(folder, 'client.key')];
    const issued = await issueCertificate(server.authority, {
      commonName: 'by_certificate',
      clientAuth: true,
    });
    writeFileSync(certificate, issued.certificate);
    writeFileSync(privateKey, issued.privateKey, { mode: 0o600 });
    const login = { user: 'by_certificate', password: undefined };
    const tls = { certificateAuthority: server.caPath, certificate, privateKey };
    const store = await open({ ...config, ...login, tls });
    await store.list('things');
    await expectRefused(login, 'misconfigured', /pg_hba\.conf|certificate/);
  });

  it('a store of a newer format → newer-version; one that gets it while it is open, too', async () => {
    const fresh = await migrated(server);
    const store = await open(fresh);
    await store.beginCounter('count', 0);
    await stateSql(server, fresh, 'UPDATE $schema.store SET format = $1', [STATE_FORMAT + 1]);
    await expect(openStore(fresh)).rejects.toMatchObject({ code: 'newer-version' });
    const put = store.put({ ...DOCUMENT, replaces: 0 });
    await expect(put).rejects.toMatchObject({ code: 'newer-version' });
  });

  it('the standby is there or not, fsync is off → warnings that say so, and none where all is well', async () => {
    const warningsNow = async (given: Partial<PostgresStateConfig> = {}) => {
      const store = await open({ ...config, ...given });
      return store.warnings.join(' ');
    };
    const expectStandby = true;
    expect(await warningsNow()).toBe('');
    expect(await warningsNow({ expectStandby })).toMatch(/synchronous_standby_names is empty/);
    const addresses = [server.address, standby.address];
    expect(await warningsNow({ addresses })).toMatch(/synchronous_standby_names is empty/);
    await server.waitForStandby('near');
    expect(await warningsNow({ expectStandby })).toBe('');
    await server.sql(`REVOKE pg_read_all_stats FROM ${SERVE.user}`);
    expect(await warningsNow({ expectStandby })).toMatch(/grant the role pg_read_all_stats/);
    await server.sql(`GRANT pg_read_all_stats TO ${SERVE.user}`);
    await server.waitForNobody();
    expect(await warningsNow({ expectStandby })).toMatch(/No synchronous standby follows/);
    await server.waitForStandby('');
    await server.sql('ALTER SYSTEM SET full_page_writes = off');
    await server.reload();
    expect(await warningsNow()).toMatch(/full_page_writes = off/);
  });

  it.each([
    { what: 'PostgreSQL 14', version: '14.19', number: 140_019, isRefused: true },
    { what: 'PostgreSQL 15', version: '15.0', number: 150_000, isRefused: false },
  ])('$what → refused: $isRefused', ({ version, number, isRefused }) => {
    const judge = () => {
      assertUsable({ in_recovery: false, encoding: 'UTF8', version_number: number, version });
    };
    if (isRefused) expect(judge).toThrow(/PostgreSQL 14\.19; 15 or later/);
    else judge();
  });
});
