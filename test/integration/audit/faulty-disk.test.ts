import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import type { AuditRecord, RecordOf } from '../../../src/audit/record/index.js';
import { verifyLog } from '../../../src/audit/verify/verify.js';
import { parseVerifierKey } from '../../../src/transparency-log/signed-note.js';
import { auditRecords } from '../../support/audit-records.js';
import { makeFaultyDisk } from '../../support/faulty-disk.js';
import { quickstartConfiguration, startHoldfast } from '../../support/holdfast-server.js';
import { temporaryFolder } from '../../support/temporary-folder.js';
import { XksClient } from '../../support/xks-client.js';
import { encryptBody } from '../../support/xks-requests.js';

/** A server whose disk fails when a test says so. */
async function start(audit: object) {
  const stateDirectory = temporaryFolder();
  const disk = await makeFaultyDisk(temporaryFolder());
  const configuration = quickstartConfiguration();
  const server = await startHoldfast({
    stateDirectory,
    configuration: { ...configuration, audit: { ...Object(configuration['audit']), ...audit } },
    env: disk.env,
  });
  const client = new XksClient(server);
  onTestFinished(async () => {
    client.close();
    await server.kill();
  });
  const encrypt = () => client.call('keys/quickstart-key/encrypt', encryptBody());
  const ready = async () =>
    (await fetch(`http://127.0.0.1:${String(server.operationsPort)}/readyz`)).status;
  return { server, disk, encrypt, ready, folder: join(stateDirectory, 'audit') };
}

async function recordsOf<Type extends AuditRecord['type']>(folder: string, type: Type) {
  const records = await auditRecords(folder);
  return records.filter((record): record is RecordOf<Type> => record.type === type);
}

describe.skipIf(process.platform !== 'linux')('a sync that fails', () => {
  it('with `written` → requests are refused, nothing is signed, and the log goes on in a new segment', async () => {
    const { server, disk, encrypt, ready, folder } = await start({
      durability: 'written',
      checkpoints: { everyMs: 100 },
    });
    const { stdout } = await server.holdfast('audit', 'public-key');
    expect((await encrypt()).status).toBe(200);
    disk.fail('fdatasync EIO');
    await encrypt();
    await expect.poll(ready, { timeout: 10_000 }).toBe(503);
    expect((await encrypt()).status).toBe(500);

    disk.recover();
    await expect.poll(ready, { timeout: 10_000 }).toBe(200);
    expect((await encrypt()).status).toBe(200);
    await server.stop();
    const gaps = await recordsOf(folder, 'gap');
    expect(gaps.length).toBeGreaterThan(0);
    expect(gaps.every(({ reason }) => reason === 'EIO')).toBe(true);
    expect(await recordsOf(folder, 'segment')).toHaveLength(2);
    const report = await verifyLog({
      directory: folder,
      keys: [parseVerifierKey(stdout.trim())],
      keptCheckpoints: [],
    });
    expect(report).toMatchObject({ findings: [], unsignedRecords: 0 });
  });
});

describe.skipIf(process.platform !== 'linux')('a sync that is late', () => {
  it('with `lateSync: answer` → answered, and one record says how many went out before it', async () => {
    const { server, disk, encrypt, ready, folder } = await start({ lateSync: 'answer' });
    disk.fail('fdatasync 700');
    expect(await Promise.all([encrypt(), encrypt(), encrypt()])).toMatchObject([
      { status: 200 },
      { status: 200 },
      { status: 200 },
    ]);
    disk.recover();
    expect(await ready()).toBe(200);
    await server.stop();
    expect(await recordsOf(folder, 'key-operation')).toHaveLength(3);
    const late = await recordsOf(folder, 'late-sync');
    expect(late.reduce((sum, { answers }) => sum + answers, 0)).toBe(3);
    expect(await recordsOf(folder, 'abandoned')).toEqual([]);
  });
});

describe.skipIf(process.platform !== 'linux')('writes that take long', () => {
  it('with `written` → the first stops the event loop, the others are made beside it', async () => {
    const { server, disk, encrypt, folder } = await start({ durability: 'written' });
    expect((await encrypt()).status).toBe(200);
    disk.fail('write 60');
    for (let round = 0; round < 10; round += 1) expect((await encrypt()).status).toBe(200);
    disk.recover();
    const [first, ...others] = disk.slowWrites();
    expect(first).toBe('loop');
    expect(new Set(others)).toEqual(new Set(['pool']));
    await server.stop();
    expect(await recordsOf(folder, 'key-operation')).toHaveLength(11);
  });
});
