import { readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { keyListSchema, keySchema } from '../../../src/admin/contract/keys.js';
import { keyStoreListSchema } from '../../../src/admin/contract/key-stores.js';
import { statusSchema } from '../../../src/admin/contract/status.js';
import {
  AdministrationInMemory,
  inForce,
  keySummary,
  stateInMemory,
} from '../../support/admin-fixture.js';
import { startAdminServer } from '../../support/admin-server.js';
import { canaries } from '../../support/canaries.js';
import { holdfast } from '../../support/holdfast-command.js';
import { temporaryFolder } from '../../support/temporary-folder.js';

/** A server, and the environment in which the program finds it through a configuration. */
async function served(parts = inForce()) {
  const { socket, log } = await startAdminServer(parts);
  const file = join(temporaryFolder(), 'holdfast.yaml');
  // What it refers to does not exist: the program must not look it up.
  writeFileSync(
    file,
    `stateDirectory: .\nadmin: { socket: ${socket} }\nkeyManagers: [{ masterKey: { key: "\${file:/none}" } }]\n`,
  );
  return { env: { HOLDFAST_CONFIG: file }, file, socket, log };
}

describe('holdfast keys', () => {
  it('create, list, show → tables for people', async () => {
    const { env } = await served();
    const created = await holdfast(env, 'keys', 'create', 'payroll-1', '--key-store', 'payroll');
    expect(created).toMatchObject({ code: 0, stderr: '' });
    expect(created.stdout).toMatch(/^External key id: +payroll-1$/m);
    const listed = await holdfast(env, 'keys', 'list');
    expect(listed.code).toBe(0);
    expect(listed.stdout.split('\n')).toEqual([
      'EXTERNAL KEY ID  KEY MANAGER  KEY STORES          USAGE            STATE    VERSION  CREATED',
      expect.stringMatching(
        /^payroll-1 {8}files {8}production,payroll {2}ENCRYPT,DECRYPT {2}Enabled {2}1 {8}[\dT:.-]+Z$/,
      ),
      '',
    ]);
    const shown = await holdfast(env, 'keys', 'show', 'payroll-1');
    expect(shown.stdout).toMatch(/^Encryptions left: +2,147,483,648$/m);
  });

  it.each([
    [['--usage', 'ENCRYPT'], 'DECRYPT'],
    [['--usage', 'DECRYPT', '--json'], 'ENCRYPT'],
    [['--usage', 'NONE'], 'ENCRYPT and DECRYPT'],
  ])(
    'create with %j → made, and a warning that KMS will refuse the key',
    async (usage, missing) => {
      const { env } = await served();
      const made = await holdfast(
        env,
        'keys',
        'create',
        'a',
        '--key-store',
        'production',
        ...usage,
      );
      expect(made.code).toBe(0);
      expect(made.stderr).toMatch(/^warning: AWS KMS will refuse the key/);
      expect(made.stderr).toContain(`without ${missing}.`);
      expect(made.stdout).not.toContain('warning');
      if (usage.includes('--json')) keySchema.parse(JSON.parse(made.stdout));
    },
  );

  it('list with a damaged key → what is wrong with it, below the table and in JSON', async () => {
    const administration = new AdministrationInMemory();
    const { description } = keySummary('payroll-1', new Set());
    const damaged = {
      description: { ...description, enabled: false, current: undefined },
      problem: 'its document is no JSON',
    };
    administration.listKeys = () => Promise.resolve([damaged, keySummary('payroll-2')]);
    const { env } = await served(inForce(administration));
    const people = await holdfast(env, 'keys', 'list');
    expect(people.stdout.split('\n').slice(-4)).toEqual([
      '',
      'EXTERNAL KEY ID  KEY MANAGER  PROBLEM',
      'payroll-1        files        its document is no JSON',
      '',
    ]);
    const programs = await holdfast(env, 'keys', 'list', '--json');
    const { keys } = keyListSchema.parse(JSON.parse(programs.stdout));
    expect(keys.map(({ problem }) => problem)).toEqual(['its document is no JSON', undefined]);
  });

  it.each([
    ['ENCRYPT,DECRYPT', ['ENCRYPT', 'DECRYPT']],
    ['ENCRYPT', ['ENCRYPT']],
    ['DECRYPT', ['DECRYPT']],
    ['NONE', []],
  ])('create --usage %s → a key of that usage', async (text, usage) => {
    const { env } = await served();
    const args = ['keys', 'create', 'k', '--key-store', 'production', '--usage', text, '--json'];
    const { code, stdout } = await holdfast(env, ...args);
    expect(code).toBe(0);
    expect(keySchema.parse(JSON.parse(stdout)).usage).toEqual(usage);
  });

  it('--json → the answer of the API', async () => {
    const { env } = await served();
    await holdfast(env, 'keys', 'create', 'k', '--key-store', 'production');
    const listed = await holdfast(env, 'keys', 'list', '--json');
    const { keys } = keyListSchema.parse(JSON.parse(listed.stdout));
    const shown = await holdfast(env, 'keys', 'show', 'k', '--json', '--key-store', 'production');
    expect(keySchema.parse(JSON.parse(shown.stdout))).toEqual(keys[0]);
  });

  it('no keys → a sentence, and an empty list in JSON', async () => {
    const { env } = await served();
    expect((await holdfast(env, 'keys', 'list')).stdout).toBe('No keys.\n');
    expect(JSON.parse((await holdfast(env, 'keys', 'list', '--json')).stdout)).toEqual({
      keys: [],
      gaps: [],
    });
  });

  it.each([
    ['list', ['list'], 'k  '],
    ['list of a key store without keys', ['list', '--key-store', 'payroll'], 'No keys are known'],
    ['show', ['show', 'k', '--key-manager', 'files'], 'External key id:'],
  ])(
    '%s, while the state store is away → a warning that keys may be missing',
    async (_, args, says) => {
      const reason = 'the state store cannot be asked';
      const administration = Object.assign(new AdministrationInMemory(), {
        listingGap: () => reason,
      });
      const { env } = await served(inForce(administration));
      await holdfast(env, 'keys', 'create', 'k', '--key-store', 'production');
      const { code, stdout, stderr } = await holdfast(env, 'keys', ...args);
      expect({ code, stderr }).toEqual({
        code: 0,
        stderr: `warning: key manager "files": ${reason}.\n`,
      });
      expect(stdout).toContain(says);
      const programs = await holdfast(env, 'keys', ...args, '--json');
      expect(JSON.parse(programs.stdout)).toMatchObject({
        gaps: [{ keyManager: 'files', reason }],
      });
    },
  );

  it('an id that is taken → exit code 1 and a sentence without a stack', async () => {
    const { env } = await served();
    const args = ['keys', 'create', 'k', '--key-store', 'production'];
    await holdfast(env, ...args);
    const { code, stdout, stderr } = await holdfast(env, ...args);
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
    expect(stderr).toMatch(/^holdfast: k is taken by the key k\.\n$/);
  });
});

describe('holdfast key-stores', () => {
  it('list → all key stores, and no secret in table or JSON', async () => {
    const { env } = await served();
    const people = await holdfast(env, 'key-stores', 'list');
    const programs = await holdfast(env, 'key-stores', 'list', '--json');
    const { keyStores } = keyStoreListSchema.parse(JSON.parse(programs.stdout));
    expect(keyStores.map(({ name }) => name)).toEqual(['production', 'payroll', 'elsewhere']);
    expect(people.stdout).toContain('/payroll/kms/xks/v1');
    expect(people.stdout + programs.stdout).not.toContain(canaries.secretAccessKey);
  });

  it('export --output → a new file of mode 0600, and nothing on standard output', async () => {
    const { env } = await served();
    const output = join(temporaryFolder(), 'xks-proxy-configuration.json');
    const args = ['key-stores', 'export', 'payroll', '--output', output];
    expect(await holdfast(env, ...args)).toMatchObject({ code: 0, stdout: '', stderr: '' });
    expect(statSync(output).mode & 0o777).toBe(0o600);
    expect(JSON.parse(readFileSync(output, 'utf8'))).toMatchObject({
      XksProxyUriPath: '/payroll/kms/xks/v1',
      XksProxyAuthenticationCredential: { RawSecretAccessKey: canaries.secretAccessKey },
    });
    const again = await holdfast(env, ...args);
    expect(again).toMatchObject({ code: 1, stdout: '' });
    expect(again.stderr).not.toContain(canaries.secretAccessKey);
  });

  it('export → the same on standard output', async () => {
    const { env } = await served();
    const { stdout } = await holdfast(env, 'key-stores', 'export', 'production');
    expect(JSON.parse(stdout)).toMatchObject({ XksProxyUriPath: '/production/kms/xks/v1' });
  });
});

describe('holdfast status', () => {
  it('a replica among others → facts, replicas, nodes and what waits for a person', async () => {
    const standing = {
      kind: 'gone-back',
      applied: 12,
      ageMs: 1_200,
      leases: [
        { replica: 'a', name: 'xks-1', version: '0.2.0', format: 1, applied: 12, endsInMs: 7_500 },
      ],
      problems: ['the state store has lost changes'],
      leftAside: ['a lease counts for nothing'],
    } as const;
    const state = stateInMemory({ isShared: true, place: 'PostgreSQL db1:5432', standing });
    const { env } = await served({ ...inForce(), state });
    const { code, stdout } = await holdfast(env, 'status');
    expect(code).toBe(0);
    expect(stdout).toMatch(/^State: +gone-back, revision 12, confirmed 1\.2 s ago$/m);
    expect(stdout).toMatch(/^Left aside: +a lease counts for nothing$/m);
    expect(stdout).toMatch(/^xks-1 +0\.2\.0 +12 +6\.3 s$/m);
    expect(stdout).toMatch(/^files +one +here +ACTIVE$/m);
    expect(stdout).toMatch(/^ {2}- the state store has lost changes$/m);
  });

  it('alone and well → says so; --json → the answer of the API', async () => {
    const { env } = await served();
    const { stdout } = await holdfast(env, 'status');
    expect(stdout).toContain('The state is of this replica alone.\n');
    expect(stdout).toContain('Nothing waits for a person.\n');
    const json = await holdfast(env, 'status', '--json');
    expect(statusSchema.parse(JSON.parse(json.stdout))).toMatchObject({ waiting: [] });
  });
});

describe('holdfast state recover', () => {
  it('a store that has lost nothing → exit code 1 and a sentence', async () => {
    const { env } = await served();
    const { code, stderr } = await holdfast(env, 'state', 'recover');
    expect(code).toBe(1);
    expect(stderr).toMatch(/lost nothing/);
  });

  it('documents are brought back → their names, and where to run it next', async () => {
    const recover = () => Promise.resolve([{ collection: 'sealed-keys', id: 'keys/payroll' }]);
    const { env } = await served({ ...inForce(), state: stateInMemory({ recover }) });
    const { code, stdout } = await holdfast(env, 'state', 'recover');
    expect(code).toBe(0);
    expect(stdout).toMatch(/^ {2}sealed-keys keys\/payroll$/m);
  });
});

describe('the server', () => {
  it.each(['socket', 'config'])('named with --%s → found without the environment', async (name) => {
    const { socket, file } = await served();
    const args = [`--${name}`, name === 'socket' ? socket : file];
    expect(await holdfast({}, 'keys', 'list', ...args)).toMatchObject({ code: 0 });
  });

  it('not there → exit code 3, the socket and how to start it', async () => {
    const socket = join(temporaryFolder(), 'admin.sock');
    const { code, stderr } = await holdfast({}, 'keys', 'list', '--socket', socket);
    expect(code).toBe(3);
    expect(stderr).toContain(socket);
    expect(stderr).toContain('holdfast serve');
  });
});

describe('holdfast status after a reload that failed', () => {
  it('→ its reason once, with its lines below each other', async () => {
    const reason = '/etc/holdfast/holdfast.yaml: 1 problem\n  audit (line 3)\n    found:   nothing';
    const failed = {
      at: '2026-11-29T02:00:00.000Z',
      trigger: 'command',
      result: 'failure',
    } as const;
    const lastReload = { ...failed, reason };
    const parts = inForce();
    const facts = { ...parts.facts, lastReload, failedReloads: [lastReload] };
    const { env } = await served({ ...parts, facts });
    const { code, stdout } = await holdfast(env, 'status');
    expect(code).toBe(0);
    expect(stdout).toContain(`serves: ${reason.replaceAll('\n', '\n    ')}\n`);
    expect(stdout.split('1 problem')).toHaveLength(2);
    expect(stdout).not.toContain('\\u000a');
  });
});
