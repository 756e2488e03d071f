import { userInfo } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import type { AuditRecord, RecordOf } from '../../../src/audit/record/index.js';
import { verifyLog } from '../../../src/audit/verify/verify.js';
import { parseVerifierKey } from '../../../src/transparency-log/signed-note.js';
import { auditRecords } from '../../support/audit-records.js';
import { limitFiles, sizeOfLog } from '../../support/full-disk.js';
import {
  type HoldfastServer,
  quickstartConfiguration,
  startHoldfast,
} from '../../support/holdfast-server.js';
import { temporaryFolder } from '../../support/temporary-folder.js';
import { XksClient } from '../../support/xks-client.js';
import {
  encryptBody,
  healthBody,
  metadataBody,
  requestMetadata,
} from '../../support/xks-requests.js';

/** A server with an audit log, and a client of it. */
async function start(audit: object = {}, stateDirectory: string = temporaryFolder()) {
  const configuration = quickstartConfiguration();
  const server = await startHoldfast({
    stateDirectory,
    configuration: { ...configuration, audit: { ...Object(configuration['audit']), ...audit } },
  });
  const client = new XksClient(server);
  onTestFinished(async () => {
    client.close();
    await server.kill();
  });
  return { server, client, folder: join(stateDirectory, 'audit') };
}

async function recordsOf<Type extends AuditRecord['type']>(folder: string, type: Type) {
  const records = await auditRecords(folder);
  return records.filter((record): record is RecordOf<Type> => record.type === type);
}

const readiness = async ({ operationsPort }: HoldfastServer) => {
  const response = await fetch(`http://127.0.0.1:${String(operationsPort)}/readyz`);
  return { status: response.status, text: await response.text() };
};

describe('a server with an audit log', () => {
  it('records what it serves, who asks, and what administrators do', async () => {
    const { server, client, folder } = await start();
    const caller = { kmsRequestId: 'request-1', kmsOperation: 'GenerateDataKey' };
    const body = encryptBody({
      requestMetadata: requestMetadata(caller),
      additionalAuthenticatedData: 'YWJj',
    });
    expect(await client.call('keys/quickstart-key/encrypt', body)).toMatchObject({ status: 200 });
    await client.call('keys/none/metadata', metadataBody());
    await client.call('health', healthBody());
    await client.call('health', healthBody(), {
      credential: { ...server.credential, secretAccessKey: 'x'.repeat(43) },
    });
    expect(
      await server.holdfast('keys', 'create', 'payroll', '--key-store', 'quickstart'),
    ).toMatchObject({ code: 0 });
    expect(
      await server.holdfast('keys', 'create', 'payroll', '--key-store', 'quickstart'),
    ).toMatchObject({ code: 1 });
    await server.stop();

    expect(await recordsOf(folder, 'key-operation')).toMatchObject([
      {
        ...caller,
        operation: 'Encrypt',
        keyStore: 'quickstart',
        externalKeyId: 'quickstart-key',
        keyVersion: 1,
        accessKeyId: server.credential.accessKeyId,
        clientAddress: '127.0.0.1',
        authorization: { decision: 'allowed', by: 'exposes' },
        keyManager: 'files',
        node: 'files',
        location: 'local',
        nodesTried: [{ node: 'files', location: 'local' }],
        result: 'success',
        status: 200,
        // FIPS 180-2, appendix B.1.
        aadSha256: 'ungWv48Bz+pBQUDeXa4iI7ADYaOWF3qctBD/YfIAFa0=',
      },
      { operation: 'GetKeyMetadata', result: 'failure', errorName: 'KeyNotFoundException' },
    ]);
    expect(await recordsOf(folder, 'health-check')).toMatchObject([{ result: 'success' }]);
    expect(await recordsOf(folder, 'unauthenticated')).toMatchObject([
      { errorName: 'AuthenticationFailedException', authenticationFailure: expect.any(String) },
    ]);
    expect(await recordsOf(folder, 'administrative-act')).toMatchObject([
      {
        act: 'createKey',
        by: userInfo().username,
        from: 'local',
        with: { means: 'admin-socket', uid: userInfo().uid, processId: expect.any(Number) },
        externalKeyId: 'payroll',
        keyStore: 'quickstart',
        request: { externalKeyId: 'payroll' },
        result: 'success',
      },
      { act: 'createKey', externalKeyId: 'payroll', result: 'failure', errorCode: 'conflict' },
    ]);
    const query = ['audit', 'query', '--key', 'payroll', '--type', 'administrative-act'];
    const found = await server.holdfast(...query);
    expect(found.stdout).toMatch(new RegExp(`createKey +payroll +${userInfo().username} `));
    expect(await recordsOf(folder, 'configuration')).toMatchObject([
      { keyManagers: [{ name: 'files', nodes: [{ name: 'files', location: 'local' }] }] },
    ]);
    expect(await recordsOf(folder, 'key-inventory')).toMatchObject([
      { keyManager: 'files', keys: [{ externalKeyId: 'quickstart-key', state: 'ENABLED' }] },
      { keyManager: 'files', keys: [{ externalKeyId: 'payroll' }, {}] },
    ]);
    expect((await auditRecords(folder)).at(-1)).toMatchObject({ type: 'stop' });
  });

  it('whatever texts a caller sends → lines that every reader takes', async () => {
    const { server, client, folder } = await start();
    const texts = [
      '\ud800',
      'a\udfffb\ud83d',
      '\u0000\u001b[2J\u2028',
      '\u{1f511}',
      '=1+1;"',
      '\ufeff',
    ];
    for (const text of texts) {
      const metadata = requestMetadata({
        awsPrincipalArn: text,
        kmsRequestId: text,
        kmsViaService: text,
      });
      await client.call('keys/quickstart-key/encrypt', encryptBody({ requestMetadata: metadata }));
    }
    await server.stop();
    expect(await recordsOf(folder, 'key-operation')).toMatchObject(
      texts.map((text) => {
        const wellFormed = text.toWellFormed();
        return { awsPrincipalArn: wellFormed, kmsRequestId: wellFormed, result: 'success' };
      }),
    );
  });

  it('goes on after kill -9, says so, and the log verifies with the key it had', async () => {
    const stateDirectory = temporaryFolder();
    const first = await start({ durability: 'written' }, stateDirectory);
    const printed = await first.server.holdfast('audit', 'public-key');
    await first.client.call('keys/quickstart-key/encrypt', encryptBody());
    await first.server.kill();
    const second = await start({}, stateDirectory);
    await second.client.call('keys/quickstart-key/encrypt', encryptBody());
    await second.server.stop();
    expect(await recordsOf(second.folder, 'key-operation')).toHaveLength(2);
    expect(await recordsOf(second.folder, 'recovery')).toMatchObject([{ tornBytes: 0 }]);
    const report = await verifyLog({
      directory: second.folder,
      keys: [parseVerifierKey(printed.stdout.trim())],
      keptCheckpoints: [],
    });
    // What had not been signed before the kill, and was taken over, is said.
    expect(report).toMatchObject({ findings: [{ kind: 'taken-over' }], unsignedRecords: 0 });
  });

  it('that was begun and is gone → no start without --init', async () => {
    const stateDirectory = temporaryFolder();
    const { server } = await start({}, stateDirectory);
    await server.stop();
    const written = quickstartConfiguration();
    const moved = { ...Object(written['audit']), directory: 'elsewhere' };
    const configuration = { ...written, audit: moved, quickstart: false };
    await expect(startHoldfast({ stateDirectory, configuration })).rejects.toThrow(
      'There is no audit log',
    );
  });
});

describe.skipIf(process.platform !== 'linux')('a disk that is full', () => {
  it('refuses key operations, says UNAVAILABLE, and goes on when there is room again', async () => {
    const { server, client, folder } = await start();
    limitFiles(server, sizeOfLog(folder) + 50);
    const refused = await client.call('keys/quickstart-key/encrypt', encryptBody());
    expect(refused).toMatchObject({ status: 500, json: { errorName: 'InternalException' } });
    const health = await client.call('health', healthBody());
    expect(health.json).toMatchObject({
      ekmFleetDetails: [{ healthStatus: 'UNAVAILABLE' }],
    });
    expect(await readiness(server)).toMatchObject({ status: 503 });
    const created = await server.holdfast('keys', 'create', 'x', '--key-store', 'quickstart');
    expect(created).toMatchObject({ code: 1, stderr: expect.stringContaining('audit log') });

    limitFiles(server, undefined);
    await expect.poll(async () => (await readiness(server)).status, { timeout: 5_000 }).toBe(200);
    const served = await client.call('keys/quickstart-key/encrypt', encryptBody());
    expect(served.status).toBe(200);
    await server.stop();
    expect(await recordsOf(folder, 'gap')).toMatchObject([{ reason: 'EFBIG', served: 0 }]);
    expect(await recordsOf(folder, 'key-operation')).toHaveLength(1);
  });

  it('serves, where the operator has chosen that, and records the gap', async () => {
    const { server, client, folder } = await start({ onAuditFailure: 'serve' });
    limitFiles(server, sizeOfLog(folder) + 50);
    for (let call = 0; call < 3; call += 1) {
      const served = await client.call('keys/quickstart-key/encrypt', encryptBody());
      expect(served.status).toBe(200);
    }
    expect(await readiness(server)).toMatchObject({ status: 200 });
    limitFiles(server, undefined);
    await server.stop();
    expect(await recordsOf(folder, 'gap')).toMatchObject([{ refused: 0, served: 3 }]);
  });
});
