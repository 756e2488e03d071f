import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { expect, it } from 'vitest';
import { Accountant, type AccountedKms } from '../../../src/rehearse/telling/account.js';
import { temporaryFolder } from '../../support/temporary-folder.js';

const PRINCIPAL = 'arn:aws:iam::111122223333:user/rehearsal';

/** KMS after one call for each id, all of them done with an external key. */
function kmsAfter(ids: readonly string[]): AccountedKms {
  const cloudTrailBucket = temporaryFolder();
  const Records = ids.map((requestID) => ({
    eventName: 'Encrypt',
    requestID,
    additionalEventData: { customKeyStoreId: 'cks-1', xksKeyId: 'key-1' },
  }));
  const folder = join(cloudTrailBucket, 'AWSLogs');
  mkdirSync(folder);
  writeFileSync(join(folder, '1.json.gz'), gzipSync(JSON.stringify({ Records })));
  return {
    kms: { takeCalls: () => ids.map(() => ({ operation: 'Encrypt' })) },
    principal: PRINCIPAL,
    cloudTrailBucket,
    metrics: () =>
      Promise.resolve(
        `XksProxyErrors{CustomKeyStoreId="cks-1",XksOperation="Encrypt",ErrorType="N/A",ExceptionName="None"} ${String(ids.length)}\n` +
          `XksProxyLatency_sum{XksOperation="Encrypt"} 30\nXksProxyLatency_count{XksOperation="Encrypt"} 3\n`,
      ),
    deliverCloudTrail: () => Promise.resolve(),
  };
}

const record = (kmsRequestId: string, awsPrincipalArn = PRINCIPAL): string =>
  `${JSON.stringify({ type: 'key-operation', operation: 'Encrypt', kmsRequestId, awsPrincipalArn, accessKeyId: 'A' })}\n`;

/** A log to which something is written once its end has been looked for. */
async function accountant(kms: AccountedKms, text: string): Promise<Accountant> {
  const folder = temporaryFolder();
  const path = join(folder, '000000000000.jsonl');
  writeFileSync(path, '');
  const opened = await Accountant.open(kms, folder);
  writeFileSync(path, text);
  return opened;
}

it('calls that the audit log has → an account of all sides, without those of others', async () => {
  const text = record('a') + record('x', 'arn:aws:iam::1:user/else') + record('b');
  const account = await (await accountant(kmsAfter(['a', 'b']), text)).take();
  expect(account).toEqual({
    kms: [{ operation: 'Encrypt', count: 2, exception: undefined, message: undefined }],
    cloudTrailEvents: 2,
    proxyRequests: [{ operation: 'Encrypt', ended: 'None', count: 2 }],
    meanLatencyMs: 10,
    audit: {
      requests: [{ operation: 'Encrypt', ended: 'None', count: 2 }],
      accessKeyIds: ['A'],
      missing: [],
    },
  });
});

it('a call that CloudTrail has and the audit log has not → its id is missing', async () => {
  const account = await (await accountant(kmsAfter(['a', 'b']), record('a'))).take();
  expect(account.audit?.missing).toEqual(['b']);
});

it('no audit log named → nothing is said of what the proxy recorded', async () => {
  const opened = await Accountant.open(kmsAfter(['a']), undefined);
  expect((await opened.take()).audit).toBeUndefined();
  expect(opened.auditNotRead).toBeUndefined();
});

it('an audit log that is not there → goes on without it, and says so', async () => {
  const opened = await Accountant.open(kmsAfter(['a']), join(temporaryFolder(), 'none'));
  expect((await opened.take()).audit).toBeUndefined();
  expect(opened.auditNotRead).toContain('There is no audit log');
});

it('an audit log with a line that is no record → goes on without it, and says so', async () => {
  const opened = await accountant(kmsAfter(['a']), 'no JSON\n');
  expect((await opened.take()).audit).toBeUndefined();
  expect(opened.auditNotRead).toContain('JSON');
});
