import { cpSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it, vi } from 'vitest';
import { appendLine, forgedDestruction } from '../../support/audit-log-attacker.js';
import { auditSigner, auditSigningKey } from '../../support/audit-log-folder.js';
import { auditRecords } from '../../support/audit-records.js';
import {
  type HoldfastServer,
  quickstartConfiguration,
  startHoldfast,
} from '../../support/holdfast-server.js';
import { temporaryFolder } from '../../support/temporary-folder.js';
import { tell } from '../../support/told-destructions.js';
import { XksClient } from '../../support/xks-client.js';
import { encryptBody } from '../../support/xks-requests.js';

const NOT_FOUND = { status: 404, json: { errorName: 'KeyNotFoundException' } };

it('the audit log calls a key destroyed → it is, and stays so, where the log is signed; else nothing happens', async () => {
  const stateDirectory = temporaryFolder();
  const audit = join(stateDirectory, 'audit');
  const keys = join(stateDirectory, 'keys');
  writeFileSync(join(stateDirectory, 'signing.pem'), auditSigningKey, { mode: 0o600 });
  const options = { stateDirectory, configuration: signedBy(auditSigner.verifierKey.name) };

  const first = await startHoldfast(options);
  await run(first, 'keys', 'create', '--key-store', 'quickstart', 'payroll');
  const { versions } = JSON.parse(await run(first, 'keys', 'show', 'payroll', '--json')) as {
    versions: { materialName: string }[];
  };
  await first.stop();
  const backup = join(stateDirectory, 'backup-of-keys');
  cpSync(keys, backup, { recursive: true });
  const subject = {
    ...{ keyManager: 'files', externalKeyId: 'payroll' },
    materialNames: versions.map(({ materialName }) => materialName),
  };

  appendLine(audit, forgedDestruction(subject));
  const forged = await startHoldfast(options);
  expect(await encrypt(forged)).toMatchObject({ status: 200 });
  expect(await run(forged, 'status')).toContain('no signature proves it: nothing was done');
  expect(forged.log()).toContain('no signature proves it: nothing was done');
  await forged.stop();
  expect(await eventsIn(audit)).toEqual(['key-destroyed', 'destruction-not-proven']);
  expect(readdirSync(keys)).toEqual(readdirSync(backup));

  await tell(audit, [{ event: 'key-destroyed', extent: 'key', ...subject }]);
  const told = await startHoldfast(options);
  expect(await encrypt(told)).toMatchObject(NOT_FOUND);
  expect(await run(told, 'status')).not.toContain('no signature proves it');
  await vi.waitFor(() => {
    expect(readdirSync(keys).join()).not.toContain('payroll');
  }, 20_000);
  await told.stop();
  expect((await eventsIn(audit)).slice(2)).toEqual([
    ...['key-destroyed', 'destroyed-key-appeared', 'key-destroyed'],
  ]);

  // A copy from before is put back, while the records know that the key is destroyed.
  cpSync(backup, keys, { recursive: true });
  const restored = await startHoldfast(options);
  expect(await encrypt(restored)).toMatchObject(NOT_FOUND);
  await vi.waitFor(async () => {
    expect((await eventsIn(audit)).at(-1)).toBe('destroyed-key-appeared');
  }, 20_000);
  await restored.stop();
}, 120_000);

function signedBy(origin: string): object {
  const audit = {
    ...{ directory: 'audit', origin, replica: 'replica-1' },
    signingKey: { privateKey: '${file:signing.pem}' },
  };
  return { ...quickstartConfiguration(), audit };
}

async function encrypt(server: HoldfastServer) {
  const client = new XksClient(server);
  try {
    return await client.call('keys/payroll/encrypt', encryptBody());
  } finally {
    client.close();
  }
}

async function run(server: HoldfastServer, ...args: readonly string[]): Promise<string> {
  const { code, stdout, stderr } = await server.holdfast(...args);
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  return stdout;
}

async function eventsIn(directory: string): Promise<readonly string[]> {
  const records = await auditRecords(directory);
  return records.flatMap((record) => (record.type === 'event' ? [record.event] : []));
}
