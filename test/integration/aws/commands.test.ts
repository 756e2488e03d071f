import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { endpointOf } from '../../../src/kms-simulator/environment.js';
import { type CommandResult, holdfast } from '../../support/holdfast-command.js';
import {
  type HoldfastServer,
  quickstartConfiguration,
  startHoldfast,
} from '../../support/holdfast-server.js';
import { startWhole, type WholeSimulator } from '../../support/kms-simulator/whole-simulator.js';
import { temporaryFolder } from '../../support/temporary-folder.js';

const RESERVE = { accessKeyId: 'RESERVE234567RESERVE', secretAccessKey: 'r'.repeat(43) };
const ENDPOINT = ['--endpoint', 'https://localhost'];

/** A server, a simulator of its own for each test, and `holdfast aws` before both. */
interface Stage {
  readonly server: HoldfastServer;
  readonly simulator: WholeSimulator;
  readonly aws: (...args: readonly string[]) => Promise<CommandResult>;
}

async function startServer(credentials: readonly object[]): Promise<HoldfastServer> {
  const quickstart = quickstartConfiguration();
  const [keyStore] = quickstart.keyStores;
  const all = [...(keyStore?.['credentials'] as object[]), ...credentials];
  return startHoldfast({
    configuration: { ...quickstart, keyStores: [{ ...keyStore, credentials: all }] },
  });
}

async function startStage(server: HoldfastServer): Promise<Stage> {
  const simulator = await startWhole(server, temporaryFolder(), {
    keyStores: { credentialDelayMs: 300 },
  });
  const env = {
    AWS_ACCESS_KEY_ID: 'AKIAIOSFODNN7EXAMPLE',
    AWS_SECRET_ACCESS_KEY: 'wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY',
    AWS_REGION: 'eu-west-1',
    AWS_ENDPOINT_URL_KMS: endpointOf(simulator.port),
    HOLDFAST_CONFIG: join(server.stateDirectory, 'holdfast.yaml'),
  };
  return { server, simulator, aws: (...args) => holdfast(env, 'aws', ...args) };
}

async function keysOf(aws: Stage['aws']): Promise<readonly { readonly arn: string }[]> {
  const { stdout } = await aws('status', '--json');
  const { keyStores } = JSON.parse(stdout) as { keyStores: { keys: { arn: string }[] }[] };
  return keyStores.flatMap(({ keys }) => keys);
}

describe('holdfast aws', () => {
  let withReserve: HoldfastServer;
  let withoutReserve: HoldfastServer;

  beforeAll(async () => {
    [withReserve, withoutReserve] = await Promise.all([startServer([RESERVE]), startServer([])]);
  });

  afterAll(async () => {
    await Promise.all([withReserve.stop(), withoutReserve.stop()]);
  });

  it('register, status, disconnect, and register again → the same key store and key, connected', async () => {
    const { aws, simulator } = await startStage(withReserve);
    const key = ['--key', 'quickstart-key', '--alias', 'alias/payroll'];
    const first = await aws('register', 'quickstart', ...ENDPOINT, ...key);
    expect(first).toMatchObject({ code: 0, stderr: '' });
    expect(first.stdout).toMatch(/Created the custom key store .*\nCONNECTED\nCreated the KMS key/);
    const KeyId = 'alias/payroll';
    await simulator.client.call('Encrypt', { KeyId, Plaintext: 'eA==' });

    const disconnected = await aws('disconnect', 'quickstart');
    expect(disconnected).toMatchObject({ code: 0, stderr: '' });
    const { stdout } = await aws('status', 'quickstart');
    expect(stdout).toMatch(/DISCONNECTED[\s\S]*quickstart-key +Unavailable/);

    const again = await aws('register', 'quickstart', ...ENDPOINT, ...key);
    expect(again).toMatchObject({ code: 0, stderr: '' });
    expect(again.stdout).toMatch(
      /is there: cks-.*\nCONNECTED\nThe KMS key .* is there.*\nalias\/payroll is there/,
    );
    const status = await aws('status', '--json');
    expect(JSON.parse(status.stdout)).toMatchObject({
      keyStores: [
        { name: 'quickstart', connectionState: 'CONNECTED', keys: [{ state: 'Enabled' }] },
      ],
    });
  });

  it('rotate-credential under traffic → verified, no call fails; repeated → KMS keeps the new one', async () => {
    const { aws, simulator, server } = await startStage(withReserve);
    const { client } = simulator;
    await aws(
      'register',
      'quickstart',
      ...ENDPOINT,
      '--key',
      'quickstart-key',
      '--alias',
      'alias/a',
    );
    const { CiphertextBlob } = await client.call('Encrypt', {
      KeyId: 'alias/a',
      Plaintext: 'eA==',
    });
    const end = new AbortController();
    const traffic = (async () => {
      while (!end.signal.aborted) {
        await client.call('Decrypt', { CiphertextBlob });
        await sleep(20);
      }
    })();
    const rotated = await aws('rotate-credential', 'quickstart', '--quiet', '1', '--timeout', '60');
    const repeated = await aws(
      'rotate-credential',
      'quickstart',
      '--quiet',
      '1',
      '--timeout',
      '60',
    );
    end.abort();
    await traffic;
    expect(rotated).toMatchObject({ code: 0, stderr: '' });
    expect(rotated.stdout).toContain(`KMS has ${RESERVE.accessKeyId} now`);
    expect(rotated.stdout).toMatch(/VERIFIED: \d+ requests/);
    expect(repeated.stdout).toContain(`KMS has ${RESERVE.accessKeyId} already`);
    expect(repeated.stdout).toContain(`signed with ${server.credential.accessKeyId}`);
    expect((await aws('status')).stdout).toContain(RESERVE.accessKeyId);
  });

  it('rotate-credential without a reserve, interrupted after each step → goes on, and ends with the new one alone', async () => {
    const { aws, simulator, server } = await startStage(withoutReserve);
    const { client } = simulator;
    await aws(
      'register',
      'quickstart',
      ...ENDPOINT,
      '--key',
      'quickstart-key',
      '--alias',
      'alias/a',
    );
    const add = ['credentials', 'add', '--key-store', 'quickstart', '--json'];
    const { accessKeyId: first } = JSON.parse((await server.holdfast(...add)).stdout) as {
      accessKeyId: string;
    };
    const time = ['--quiet', '1', '--timeout', '60'];
    const rotate = (...more: readonly string[]) =>
      aws('rotate-credential', 'quickstart', ...time, ...more);
    const present = async () =>
      JSON.stringify((await client.call('DescribeCustomKeyStores', {}))['CustomKeyStores']);
    const listed = async () => {
      const { stdout } = await server.holdfast('credentials', 'list', '--json');
      return (JSON.parse(stdout) as { credentials: { accessKeyId: string; replaces?: string }[] })
        .credentials;
    };
    const end = new AbortController();
    const traffic = (async () => {
      while (!end.signal.aborted) {
        await client.call('Encrypt', { KeyId: 'alias/a', Plaintext: 'eA==' });
        await sleep(20);
      }
    })();
    // To one of run time, which is removed in the next round.
    const toFirst = await rotate();
    expect(toFirst.stdout).toContain(`take ${server.credential.accessKeyId} out of the config`);
    // Over before the old one may be removed.
    const begun = await rotate('--new', '--name', 'quickstart', '--quiet', '0', '--timeout', '1');
    const made = (await listed()).find(({ replaces }) => replaces === first)?.accessKeyId ?? '';
    expect(begun.stdout).toContain(`Made ${made}`);
    expect(await present()).toContain(made);
    // It waits for ten minutes without requests, which are not to come: removed by force.
    const rest = await rotate('--force');
    end.abort();
    await traffic;
    expect(rest).toMatchObject({ code: 0, stderr: '' });
    expect(rest.stdout).toContain(`KMS has ${made} already`);
    expect(rest.stdout).toContain(`Removed ${first}`);
    expect((await listed()).map(({ accessKeyId }) => accessKeyId)).toEqual([
      server.credential.accessKeyId,
      made,
    ]);
  });

  it('rotate-credential without traffic → the old one of the configuration is to stay', async () => {
    const unused = await startServer([RESERVE]);
    onTestFinished(async () => {
      await unused.stop();
    });
    const { aws, server } = await startStage(unused);
    await aws('register', 'quickstart', ...ENDPOINT);
    const { code, stdout } = await aws('rotate-credential', 'quickstart', '--quiet', '1');
    expect(code).toBe(0);
    expect(stdout).toContain(`${server.credential.accessKeyId} stays, because nothing was signed`);
    expect(stdout).not.toContain('out of the configuration');
  });

  it('rotate-credential of a key store that the server does not have → names those that it has', async () => {
    const { aws } = await startStage(withReserve);
    const { code, stderr } = await aws('rotate-credential', 'nosuch');
    expect(code).toBe(1);
    expect(stderr).toContain('no key store "nosuch". It has: quickstart.');
  });

  it('less time than has to be quiet → refused before anything is done', async () => {
    const { aws, simulator, server } = await startStage(withReserve);
    await aws('register', 'quickstart', ...ENDPOINT);
    for (const more of [[], ['--print']]) {
      const short = ['--quiet', '10', '--timeout', '5', ...more];
      const { code, stdout, stderr } = await aws('rotate-credential', 'quickstart', ...short);
      expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
      expect(stderr).toContain('--quiet 10 is longer than --timeout 5');
    }
    const { CustomKeyStores } = await simulator.client.call('DescribeCustomKeyStores', {});
    expect(CustomKeyStores).toMatchObject([
      { XksProxyConfiguration: { AccessKeyId: server.credential.accessKeyId } },
    ]);
  });

  it('the KMS key is PendingDeletion → register says so, and is done when the deletion is cancelled', async () => {
    const { aws, simulator } = await startStage(withReserve);
    const key = ['--key', 'quickstart-key', '--alias', 'alias/payroll'];
    await aws('register', 'quickstart', ...ENDPOINT, ...key.slice(0, 2));
    const arn = (await keysOf(aws))[0]?.arn ?? '';
    await simulator.client.call('ScheduleKeyDeletion', { KeyId: arn, PendingWindowInDays: 7 });
    const refused = await aws('register', 'quickstart', ...ENDPOINT, ...key);
    expect(refused.code).toBe(1);
    expect(refused.stderr).toContain(`aws kms cancel-key-deletion --key-id ${arn}`);
    await simulator.client.call('CancelKeyDeletion', { KeyId: arn });
    const disabled = await aws('register', 'quickstart', ...ENDPOINT, ...key);
    expect(disabled).toMatchObject({ code: 0, stderr: '' });
    expect(disabled.stdout).toContain(`aws kms enable-key --key-id ${arn}`);
    expect(disabled.stdout).toContain('Created alias/payroll');
  });

  it('another key store of that name, no such key store, a wrong key → said, with what to do', async () => {
    const { aws } = await startStage(withoutReserve);
    expect(await aws('rotate-credential', 'quickstart')).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('AWS KMS has no external key store quickstart') as string,
    });
    await aws('register', 'quickstart', ...ENDPOINT);
    const cases = [
      [
        ['register', 'quickstart', '--endpoint', 'https://other.example.com'],
        'not for https://other',
      ],
      [['register', 'nothing', ...ENDPOINT], 'nothing'],
      [['register', 'quickstart', ...ENDPOINT, '--key', 'nothing'], 'holdfast keys create'],
      [['status', 'nothing'], 'no external key store nothing'],
    ] as const;
    for (const [args, text] of cases) {
      const { code, stderr } = await aws(...args);
      expect({ args, code, stderr }).toMatchObject({ code: 1 });
      expect(stderr).toContain(text);
    }
  });

  it('the proxy cannot be reached → FAILED with its code and what to do, and mended by a repetition', async () => {
    const { aws, simulator } = await startStage(withReserve);
    await aws('register', 'quickstart', ...ENDPOINT);
    await aws('disconnect', 'quickstart');
    await simulator.beside('PUT', '/faults', { latencyMs: 1_000 });
    const { code, stderr } = await aws('register', 'quickstart', ...ENDPOINT);
    expect({ code, stderr }).toEqual({
      code: 1,
      stderr: expect.stringMatching(/could not be connected: XKS_PROXY_[A-Z_]+\.\n.+/) as string,
    });
    expect(await aws('status')).toMatchObject({ code: 1 });
    await simulator.beside('PUT', '/faults', {});
    expect(await aws('register', 'quickstart', ...ENDPOINT)).toMatchObject({ code: 0 });
  });

  it('--print → commands without a secret, and nothing is done', async () => {
    const { aws, simulator } = await startStage(withReserve);
    const printed = [
      await aws('register', 'quickstart', ...ENDPOINT, '--key', 'quickstart-key', '--print'),
      await aws('rotate-credential', 'quickstart', '--print'),
      await aws('disconnect', 'quickstart', '--print'),
    ];
    for (const { code, stdout, stderr } of printed) {
      expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
      expect(stdout).toContain(`aws kms `);
      expect(stdout).not.toMatch(/r{43}|RawSecretAccessKey=/);
    }
    // By path and credential, because its name in KMS may be another.
    expect(printed[1]?.stdout).toContain('.UriPath == $path and IN(.AccessKeyId; $ids[])');
    expect(printed[1]?.stdout).not.toContain('--custom-key-store-name');
    const { CustomKeyStores } = await simulator.client.call('DescribeCustomKeyStores', {});
    expect(CustomKeyStores).toEqual([]);
  });
});
