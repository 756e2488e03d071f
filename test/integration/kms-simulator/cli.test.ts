import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type HoldfastServer, startHoldfast } from '../../support/holdfast-server.js';
import { type AwsKms, awsKms } from '../../support/kms-simulator/aws-cli.js';
import { findAwsCli2, findAwsPythonClients } from '../../support/kms-simulator/aws-clients.js';
import { keyStoreInput } from '../../support/kms-simulator/key-store-input.js';
import {
  type SimulatorProcess,
  startSimulatorProcess,
} from '../../support/kms-simulator/simulator-process.js';
import { temporaryFolder } from '../../support/temporary-folder.js';

const [packages, cli2] = await Promise.all([findAwsPythonClients(), findAwsCli2()]);

describe.each([
  { version: 1, command: packages && ['python3', '-m', 'awscli'], python: packages },
  { version: 2, command: cli2 && [cli2], python: undefined },
])('AWS CLI $version', ({ version, command, python }) => {
  const folder = temporaryFolder(afterAll);
  let server: HoldfastServer;
  let simulator: SimulatorProcess;
  let aws: AwsKms;
  beforeAll(async () => {
    if (!command) return;
    server = await startHoldfast();
    simulator = await startSimulatorProcess(join(folder, 'kms'), server);
    const path = python === undefined ? {} : { PYTHONPATH: python };
    aws = awsKms(command, { ...simulator.env, ...path });
  });
  afterAll(async () => {
    if (!command) return;
    await simulator.stop();
    await server.stop();
  });

  /** The output of a command that succeeds. */
  async function output(...args: readonly string[]): Promise<Readonly<Record<string, unknown>>> {
    const run = await aws(...args);
    expect({ code: run.code, stderr: run.stderr }).toEqual({ code: 0, stderr: '' });
    return run.output ?? {};
  }

  async function newKey(...args: readonly string[]): Promise<string> {
    const { KeyMetadata } = await output('create-key', ...args);
    return String((KeyMetadata as Record<string, unknown>)['KeyId']);
  }

  /** Creates the key store, as a file: CLI 1 would fetch a parameter that begins with https. */
  async function register(): Promise<string> {
    const file = join(folder, 'key-store.json');
    const settings = keyStoreInput(server, 'cli');
    writeFileSync(file, JSON.stringify(settings), { mode: 0o600 });
    const created = await output('create-custom-key-store', '--cli-input-json', `file://${file}`);
    const id = String(created['CustomKeyStoreId']);
    await output('connect-custom-key-store', '--custom-key-store-id', id);
    for (;;) {
      const shown = await output('describe-custom-key-stores', '--custom-key-store-id', id);
      const [store] = shown['CustomKeyStores'] as Readonly<Record<string, unknown>>[];
      if (store?.['ConnectionState'] === 'CONNECTED') return id;
      expect(store?.['ConnectionState']).toBe('CONNECTING');
      await sleep(10);
    }
  }

  it.skipIf(!command)(
    'a key store, its key with an alias, a file → encrypted and back again',
    async () => {
      const id = await register();
      const origin = ['--origin', 'EXTERNAL_KEY_STORE', '--custom-key-store-id', id];
      const key = await newKey(...origin, '--xks-key-id', 'quickstart-key');
      const alias = 'alias/cli/payroll';
      await output('create-alias', '--alias-name', alias, '--target-key-id', key);
      const [plain, sealed] = [join(folder, 'plain'), join(folder, 'sealed')];
      writeFileSync(plain, 'the plaintext');
      const context = ['--encryption-context', 'department=payroll'];
      const from = ['--key-id', alias, '--plaintext', `fileb://${plain}`];
      const { CiphertextBlob } = await output('encrypt', ...from, ...context);
      writeFileSync(sealed, Buffer.from(String(CiphertextBlob), 'base64'));
      const ciphertext = ['--ciphertext-blob', `fileb://${sealed}`];
      const { Plaintext, KeyId } = await output('decrypt', ...ciphertext, ...context);
      expect(Buffer.from(String(Plaintext), 'base64').toString()).toBe('the plaintext');
      expect(String(KeyId).endsWith(key)).toBe(true);
      const wrong = await aws('decrypt', ...ciphertext);
      expect(wrong.stderr).toContain('(KMSInvalidStateException) when calling the Decrypt');
    },
  );

  it.skipIf(!command)('an ordinary key → its life by commands', async () => {
    const key = await newKey('--description', 'by the CLI', '--tags', 'TagKey=a,TagValue=b');
    const { Tags } = await output('list-resource-tags', '--key-id', key);
    expect(Tags).toEqual([{ TagKey: 'a', TagValue: 'b' }]);
    await output('enable-key-rotation', '--key-id', key);
    const rotation = await output('get-key-rotation-status', '--key-id', key);
    expect(rotation).toMatchObject({ KeyRotationEnabled: true });
    const days = ['--pending-window-in-days', '7'];
    const deletion = await output('schedule-key-deletion', '--key-id', key, ...days);
    expect(deletion).toMatchObject({ KeyState: 'PendingDeletion', PendingWindowInDays: 7 });
    await output('cancel-key-deletion', '--key-id', key);
    const { KeyMetadata } = await output('describe-key', '--key-id', key);
    expect(KeyMetadata).toMatchObject({ KeyState: 'Disabled', Description: 'by the CLI' });
    const { Keys } = await output('list-keys', '--page-size', '1');
    expect((Keys as { readonly KeyId: string }[]).map(({ KeyId }) => KeyId)).toContain(key);
  });

  it.skipIf(!command).each([
    ['NotFoundException', ['describe-key', '--key-id', 'alias/nobody']],
    ['ValidationException', ['list-keys', '--limit', '1001', '--no-paginate']],
    ['InvalidArnException', ['describe-key', '--key-id', 'arn:aws:s3:::bucket']],
    [
      'CustomKeyStoreNotFoundException',
      ['connect-custom-key-store', '--custom-key-store-id', 'cks-0'],
    ],
  ])('%s → told by its name, with the exit code of CLI %#', async (name, args) => {
    const { code, stderr } = await aws(...args);
    expect(stderr).toContain(`An error occurred (${name}) when calling the`);
    expect(code).toBe(version === 1 ? 255 : 254);
  });
});
