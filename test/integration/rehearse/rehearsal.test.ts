import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  type HoldfastServer,
  quickstartConfiguration,
  startHoldfast,
} from '../../support/holdfast-server.js';
import { runAsReader, shellCommands } from '../../support/documented-commands.js';
import { holdfast } from '../../support/holdfast-command.js';
import { temporaryFolder } from '../../support/temporary-folder.js';

interface Told {
  readonly sound: boolean;
  readonly complete: boolean;
  readonly durationMs: number;
  readonly chapters: readonly {
    readonly name: string;
    readonly outcome: string;
    readonly told: readonly string[];
    readonly account: {
      readonly kms: readonly { readonly operation: string; readonly exception?: string }[];
      readonly audit?: { readonly accessKeyIds: readonly string[] };
    };
  }[];
}

const STORY = [
  'create-key-store',
  'connect-key-store',
  'create-key',
  'encrypt-and-decrypt',
  'envelope-encryption',
  're-encrypt',
  'rotation',
  'alias',
  'import',
  'deletion',
  'block',
  'policy',
  'quota',
  'change-credential',
  'credential-rotation',
  'restart-proxy',
  'latency-at-the-edge',
  'proxy-gone-and-back',
  'disconnect-key-store',
];

function outcomesIn({ chapters }: Told): Record<string, string> {
  return Object.fromEntries(chapters.map(({ name, outcome }) => [name, outcome]));
}

describe('holdfast rehearse without a named server', () => {
  it('the page’s commands in an empty folder → the whole story passes against a Holdfast of its own', async () => {
    const folder = temporaryFolder();
    const [plain, ...asJson] = shellCommands('docs/rehearse.md').split(/(?<=^holdfast rehearse\n)/);
    expect(plain, 'the same story as with --json, which is played once').toBe(
      'holdfast rehearse\n',
    );
    const { code, output } = await runAsReader(asJson.join(''), { folder, ports: [] });
    expect(code, output).toBe(0);
    expect(output).toMatch(new RegExp(`^true ${String(STORY.length)}\n$`));
    const told = JSON.parse(await readFile(join(folder, 'rehearsal.json'), 'utf8')) as Told;
    expect(outcomesIn(told)).toEqual(Object.fromEntries(STORY.map((name) => [name, 'passed'])));
    expect(told).toMatchObject({ sound: true, complete: true });
    const change = told.chapters.find(({ name }) => name === 'change-credential');
    expect(change?.account.audit?.accessKeyIds).toHaveLength(2);
    const gone = told.chapters.find(({ name }) => name === 'proxy-gone-and-back');
    expect(gone?.account.kms.map(({ exception }) => exception)).toContain(
      'KMSInvalidStateException',
    );
  }, 120_000);
});

describe('holdfast rehearse with a named server', () => {
  let folder: string;
  let server: HoldfastServer;
  const rehearse = (...args: readonly string[]) =>
    holdfast(
      {},
      'rehearse',
      '--config',
      join(folder, 'holdfast.yaml'),
      '--proxy',
      `localhost=127.0.0.1:${String(server.port)}`,
      ...args,
    );

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'holdfast-rehearsed-'));
    server = await startHoldfast({ stateDirectory: folder });
  });

  afterAll(async () => {
    await server.stop();
    await rm(folder, { recursive: true, force: true });
  });

  it('leaves out what the key store and the options do not have, and names it', async () => {
    const { code, stdout } = await rehearse();
    expect(stdout).toMatch(/Change over to the reserve credential +left out/);
    expect(stdout).toMatch(/Restart the proxy +left out/);
    expect(stdout).toContain('The key store has one credential alone.');
    expect(stdout).toContain('--restart-command COMMAND says how');
    expect(stdout).toContain('19 chapters: 9 passed, 10 left out');
    expect(code).toBe(0);
  }, 60_000);

  it('a configuration whose credentials are those of run time alone → says how to name one', async () => {
    const quickstart = quickstartConfiguration();
    const keyStores = quickstart.keyStores.map((each) => ({ ...each, credentials: [] }));
    const config = join(server.stateDirectory, 'run-time.yaml');
    await writeFile(config, JSON.stringify({ ...quickstart, keyStores }));
    const { code, stderr } = await rehearse('--config', config);
    expect(stderr).toMatch(/has no credential for it.*--credential FILE.*key-stores export/);
    expect(code).toBe(2);
  });

  it('an audit log that it was to read and cannot → exit code 4', async () => {
    const { code, stdout, stderr } = await rehearse('--audit-log', join(folder, 'no-such-log'));
    expect(stdout).toContain("The proxy's audit log could not be read: There is no audit log in");
    expect(stderr).toContain("not looked at: the proxy's audit log");
    expect(code).toBe(4);
  }, 60_000);

  it('names the chapter that fails, and looks at nothing that needs it', async () => {
    const { code, stdout, stderr } = await rehearse('--key', 'no-such-key', '--json');
    const told = JSON.parse(stdout) as Told;
    expect(outcomesIn(told)).toMatchObject({
      'connect-key-store': 'passed',
      'create-key': 'failed',
      'encrypt-and-decrypt': 'unknown',
      'envelope-encryption': 'unknown',
      're-encrypt': 'unknown',
      'latency-at-the-edge': 'unknown',
      'proxy-gone-and-back': 'unknown',
    });
    const failed = told.chapters.find(({ outcome }) => outcome === 'failed');
    expect(failed?.told[0]).toContain('XksKeyNotFoundException');
    expect(stderr).toContain('failed in: Create a key and its alias');
    expect(code).toBe(1);
  }, 60_000);

  it('fails when the proxy ends in the middle and does not come back', async () => {
    const kill = `kill -9 ${String(server.pid)}`;
    const { code, stdout, stderr } = await rehearse('--restart-command', kill, '--json');
    const told = JSON.parse(stdout) as Told;
    expect(outcomesIn(told)).toMatchObject({
      're-encrypt': 'passed',
      'restart-proxy': 'failed',
      'latency-at-the-edge': 'failed',
      'proxy-gone-and-back': 'failed',
    });
    expect(told).toMatchObject({ sound: false });
    expect(stderr).toContain('Restart the proxy');
    expect(code).toBe(1);
  }, 90_000);
});

describe('holdfast rehearse with a key store of two credentials', () => {
  let folder: string;
  let server: HoldfastServer;
  const reserve = { accessKeyId: 'RESERVERESERVERESERVE', secretAccessKey: 'r'.repeat(43) };
  const rehearse = (...args: readonly string[]) => {
    const config = join(folder, 'holdfast.yaml');
    const proxy = `localhost=127.0.0.1:${String(server.port)}`;
    return holdfast({}, 'rehearse', '--config', config, '--proxy', proxy, '--json', ...args);
  };

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'holdfast-rehearsed-'));
    const { keyStores, ...configuration } = quickstartConfiguration();
    const credentials = [...(keyStores[0]?.['credentials'] as object[]), reserve];
    const changed = { ...configuration, keyStores: [{ ...keyStores[0], credentials }] };
    server = await startHoldfast({ stateDirectory: folder, configuration: changed });
  });

  afterAll(async () => {
    await server.stop();
    await rm(folder, { recursive: true, force: true });
  });

  it('changes over to the second; a restart command that fails → its chapter fails', async () => {
    const { code, stdout } = await rehearse('--restart-command', 'exit 3');
    const told = JSON.parse(stdout) as Told;
    expect(outcomesIn(told)).toMatchObject({
      'change-credential': 'passed',
      'restart-proxy': 'failed',
      'latency-at-the-edge': 'passed',
      'proxy-gone-and-back': 'passed',
    });
    const of = (wanted: string) => told.chapters.find(({ name }) => name === wanted);
    expect(of('change-credential')?.account.audit?.accessKeyIds).toContain(reserve.accessKeyId);
    expect(of('restart-proxy')?.told[0]).toContain('the restart command ended with 3');
    expect(code).toBe(1);
  }, 60_000);

  it('a reserve credential that the proxy does not know → KMS keeps the first', async () => {
    const file = join(folder, 'unknown.json');
    const XksProxyAuthenticationCredential = {
      AccessKeyId: reserve.accessKeyId,
      RawSecretAccessKey: 'x'.repeat(43),
    };
    await writeFile(file, JSON.stringify({ XksProxyAuthenticationCredential }));
    const { code, stdout, stderr } = await rehearse('--reserve-credential', file);
    const told = JSON.parse(stdout) as Told;
    expect(outcomesIn(told)).toMatchObject({
      'change-credential': 'failed',
      'latency-at-the-edge': 'passed',
    });
    expect(stdout).toContain('XksProxyIncorrectAuthenticationCredentialException');
    expect(`${stdout}${stderr}`).not.toContain('x'.repeat(43));
    expect(code).toBe(1);
  }, 60_000);
});

describe('holdfast rehearse with options that are wrong', () => {
  it.each([
    ['a proxy without a credential', ['--proxy', 'localhost=127.0.0.1:1']],
    ['a place that is none', ['--proxy', 'localhost:8443']],
    ['options about a proxy that is not named', ['--audit-log', 'audit']],
    ['a configuration that is missing', ['--config', '/nonexistent.yaml']],
  ])('refuses %s and tries nothing', async (_, args) => {
    const { code, stdout } = await holdfast({}, 'rehearse', ...args);
    expect(stdout).toBe('');
    expect(code).toBe(2);
  });
});
