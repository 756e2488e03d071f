import { type ChildProcess, execFile, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { delimiter, dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { repositoryFile, repositoryPath } from '../../support/container-files.js';
import { freePort } from '../../support/free-ports.js';
import { HoldfastProcess } from '../../support/holdfast-process.js';
import { describeWithOpenbao } from '../../support/openbao-program.js';
import { temporaryFolder } from '../../support/temporary-folder.js';
import { testLogPath } from '../../support/test-log.js';
import { XksClient } from '../../support/xks-client.js';
import { decryptBody, encryptBody } from '../../support/xks-requests.js';

/** What the containers of docker-compose.yml do, with folders for volumes, as one user. */
describeWithOpenbao('prepare, setup and Holdfast on OpenBao', (program) => {
  let folder: string;
  let port: number;
  let openbao: ChildProcess;

  beforeAll(async () => {
    folder = temporaryFolder(afterAll);
    port = await freePort();
    for (const name of ['data', 'state']) mkdirSync(join(folder, name), { mode: 0o700 });
    prepare();
    openbao = startOpenbao();
  });

  afterAll(async () => {
    const ended = once(openbao, 'exit');
    openbao.kill('SIGKILL');
    await ended;
  });

  const read = (path: string) => readFileSync(join(folder, path), 'utf8');

  function prepare() {
    const script = repositoryPath('scripts/compose/prepare.mjs');
    const env = { ...process.env, PREPARE_ROOT: folder };
    execFileSync(process.execPath, [script, 'openbao'], { env });
  }

  /** With config/compose-openbao.hcl on folders and ports of our own. */
  function startOpenbao(): ChildProcess {
    const configuration = join(folder, 'openbao.hcl');
    const written = repositoryFile('config/compose-openbao.hcl')
      .replaceAll('/run/openbao', join(folder, 'openbao'))
      .replace('/openbao/file', join(folder, 'data'))
      .replace('0.0.0.0:8200"', `127.0.0.1:${port}"\n  cluster_address = "127.0.0.1:0"`)
      .replace('https://openbao:8200', `https://127.0.0.1:${port}`)
      .replace('https://openbao:8201', 'https://127.0.0.1:8201');
    writeFileSync(configuration, written);
    const log = openSync(testLogPath('openbao'), 'a');
    const args = ['server', '-config', configuration];
    return spawn(program, args, { stdio: ['ignore', log, log] });
  }

  async function bao(command: string, args: readonly string[], env = {}) {
    const path = `${dirname(program)}${delimiter}${process.env['PATH'] ?? ''}`;
    const { stdout } = await promisify(execFile)(command, args, {
      env: {
        PATH: path,
        HOME: folder,
        BAO_ADDR: `https://127.0.0.1:${port}`,
        BAO_CACERT: join(folder, 'holdfast', 'ca.pem'),
        ADMIN: join(folder, 'admin'),
        SECRETS: join(folder, 'holdfast'),
        POLICY: repositoryPath('config/compose-openbao-policy.hcl'),
        ...env,
      },
    });
    return stdout.trim();
  }

  const setup = (keys: readonly string[], env = {}) =>
    bao('/bin/sh', [repositoryPath('scripts/compose/setup-openbao.sh'), ...keys], env);

  const madeOnce = () =>
    ['server.pem', 'seal.key', 'access-key-id', 'openbao-role-id', 'openbao-secret-id'].map(
      (name) => read(join(name === 'seal.key' ? 'openbao' : 'holdfast', name)),
    );

  it('an empty OpenBao → a key that Holdfast serves with the configuration of compose', async () => {
    await setup(['payroll']);
    const configuration = join(folder, 'holdfast.yaml');
    const written = repositoryFile('config/compose-openbao.yaml')
      .replaceAll('/etc/holdfast/secrets', join(folder, 'holdfast'))
      .replace('https://openbao:8200', `https://127.0.0.1:${port}`)
      .replaceAll('host: 0.0.0.0', 'host: 127.0.0.1');
    writeFileSync(configuration, written);
    const env = {
      PATH: process.env['PATH'],
      SECRETS: join(folder, 'holdfast'),
      HOLDFAST_CONFIG: configuration,
      HOLDFAST_STATE_DIR: join(folder, 'state'),
      HOLDFAST_PORT: '0',
      HOLDFAST_OPERATIONS_PORT: '0',
    };
    const firstStart = () =>
      execFileSync('/bin/sh', [repositoryPath('scripts/compose/first-start.sh')], {
        env,
        encoding: 'utf8',
        stdio: ['ignore', 'pipe', 'pipe'],
      });
    firstStart();
    expect(firstStart()).toBe('first-start: done before\n');
    const server = new HoldfastProcess(env);
    try {
      const { listeners } = await server.started();
      const client = new XksClient({
        ca: read('holdfast/ca.pem'),
        uriPath: '/compose/kms/xks/v1',
        port: listeners[0].port,
        credential: {
          accessKeyId: read('holdfast/access-key-id').trim(),
          secretAccessKey: read('holdfast/secret-access-key').trim(),
        },
      });
      const body = encryptBody();
      const sealed = await client.call('keys/payroll/encrypt', body);
      const opened = await client.call('keys/payroll/decrypt', decryptBody(sealed.json ?? {}));
      client.close();
      expect(opened.json).toEqual({ plaintext: body['plaintext'] });
    } finally {
      await server.end('SIGTERM');
    }
  });

  it('all of it once more → everything is kept', async () => {
    const before = madeOnce();
    prepare();
    await setup(['payroll']);
    expect(madeOnce()).toEqual(before);
  });

  it("Holdfast's token → uses and lists keys, and may do nothing else", async () => {
    const fileOf = (name: string) => `@${join(folder, 'holdfast', `openbao-${name}`)}`;
    const credential = [`role_id=${fileOf('role-id')}`, `secret_id=${fileOf('secret-id')}`];
    const login = ['write', '-field=token', 'auth/approle/login', ...credential];
    const token = await bao('bao', login);
    const run = (...args: string[]) => bao('bao', args, { BAO_TOKEN: token });
    expect(await run('list', 'transit/keys')).toContain('payroll');
    for (const refused of [
      ['write', '-f', 'transit/keys/another'],
      ['write', '-f', 'transit/keys/payroll/rotate'],
      ['write', 'transit/keys/payroll/config', 'deletion_allowed=true'],
      ['write', 'transit/encrypt/another', 'plaintext=aGk='],
      ['read', 'transit/export/encryption-key/payroll'],
      ['delete', 'transit/keys/payroll'],
    ]) {
      await expect(run(...refused), refused.join(' ')).rejects.toThrow('permission denied');
    }
  });

  it('init.json taken away → the login is checked, and a token given makes keys', async () => {
    const { root_token: token } = JSON.parse(read('admin/init.json')) as { root_token: string };
    rmSync(join(folder, 'admin', 'init.json'));
    expect(await setup(['payroll-eu'])).not.toContain('making');
    expect(await setup(['payroll-eu'], { BAO_TOKEN: token })).toContain('payroll-eu');
    expect(existsSync(join(folder, 'admin', 'init.json'))).toBe(false);
  });
});
