import { execFileSync } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { ReconciliationInputError } from '../../../../../src/evidence/reconciliation/input-error.js';
import type { KmsEvent } from '../../../../../src/evidence/reconciliation/cloudtrail/kms-event.js';
import { readCloudTrail } from '../../../../../src/evidence/reconciliation/cloudtrail/read-cloudtrail.js';
import { temporaryFolder } from '../../../../support/temporary-folder.js';
import {
  ACCOUNT,
  ALICE,
  decryptEvent,
  KEY,
  logFile,
  NOON,
  REQUEST,
  writeInput,
} from '../fixtures.js';
import { csv, DELIVERED, EVENT, FORMATS } from './formats.js';
import { REFUSED } from './refused.js';

async function read(...paths: string[]): Promise<KmsEvent[]> {
  const events: KmsEvent[] = [];
  await readCloudTrail(paths, (event) => events.push(event));
  return events;
}

describe('known formats', () => {
  it.each(FORMATS)('%s → its event', async (_, name, content) => {
    const events = await read(writeInput(temporaryFolder(), name, content));
    expect(events).toEqual([
      {
        requestId: REQUEST,
        eventName: 'Decrypt',
        time: Date.parse(NOON),
        account: ACCOUNT,
        region: 'eu-central-1',
        principal: ALICE,
        errorCode: undefined,
        calls: [{ operation: 'Decrypt', key: KEY }],
        externalKeyIds: ['payroll'],
        customKeyStoreIds: ['cks-0123456789abcdef0'],
        ofExternalKeyStore: true,
      },
    ]);
  });

  it('a bucket, downloaded → the log files in all its folders, each once, and nothing else', async () => {
    const bucket = temporaryFolder();
    const trail = `AWSLogs/o-example/${ACCOUNT}`;
    const first = writeInput(
      bucket,
      `${trail}/CloudTrail/eu-central-1/2026/03/01/${DELIVERED}.json.gz`,
      gzipSync(logFile(EVENT)),
    );
    writeInput(
      bucket,
      `${trail}/CloudTrail/eu-central-1/2026/03/02/more.json`,
      logFile(decryptEvent({ requestID: 'b' })),
    );
    writeInput(
      bucket,
      `${trail}/CloudTrail-Digest/eu-central-1/2026/03/01/${ACCOUNT}_CloudTrail-Digest_eu-central-1_t_eu-central-1_20260301T120500Z.json.gz`,
      gzipSync('{"logFiles":[]}'),
    );
    writeInput(
      bucket,
      `${trail}/CloudTrail-Lake/Query/2026/03/01/id/result_sign.json`,
      '{"files":[]}',
    );
    writeInput(bucket, '.DS_Store', 'x');
    const events = await read(bucket, first);
    expect(events.map(({ requestId }) => requestId)).toEqual([REQUEST, 'b']);
  });

  it('many events, far more than fit into one chunk → every one', async () => {
    const many = Array.from({ length: 2_000 }, (_, at) =>
      decryptEvent({ requestID: `r${String(at)}` }),
    );
    const folder = temporaryFolder();
    const rows = [['eventJson'], ...many.map((event) => [JSON.stringify(event)])];
    const files = [
      writeInput(folder, 'many.json.gz', gzipSync(logFile(...many))),
      writeInput(folder, 'many.csv.gz', gzipSync(csv(...rows))),
    ];
    for (const file of files) {
      const ids = (await read(file)).map(({ requestId }) => requestId);
      expect(ids).toEqual(many.map(({ requestID }) => requestID));
    }
  });

  it('what the input is for → accounts and regions with events of KMS or with deliveries', async () => {
    const folder = temporaryFolder();
    const file = writeInput(
      folder,
      `444455556666_CloudTrail_us-gov-west-1_20260301T1205Z_AbCd.json`,
      logFile(EVENT),
    );
    const { coverage, events, files } = await readCloudTrail([file], () => undefined);
    expect([files, events]).toEqual([1, 1]);
    expect(coverage.places()).toMatchObject([
      { account: ACCOUNT, region: 'eu-central-1', kmsEvents: 1 },
      { account: '444455556666', region: 'us-gov-west-1', kmsEvents: 0 },
    ]);
  });
});

describe('what cannot be read', () => {
  it.each(REFUSED)(
    '%s → ReconciliationInputError with file and place',
    async (_, content, named) => {
      const file = writeInput(temporaryFolder(), 'input', content);
      const reading = read(file);
      await expect(reading).rejects.toThrow(ReconciliationInputError);
      await expect(reading).rejects.toThrow(`${file}: `);
      await expect(reading).rejects.toThrow(named);
    },
  );

  it.each(['a', 'a,', ',', '"', '\r', ';'])(
    '15 MB of %j → ReconciliationInputError',
    async (text) => {
      const content = `eventJson\n${text.repeat((15 * 1024 * 1024) / text.length)}`;
      await expect(read(writeInput(temporaryFolder(), 'big.csv', content))).rejects.toThrow(
        ReconciliationInputError,
      );
    },
  );

  it('a path that is not there, a folder without a file, a pipe → named', async () => {
    const folder = temporaryFolder();
    mkdirSync(join(folder, 'empty'));
    execFileSync('mkfifo', [join(folder, 'pipe')]);
    await expect(read(join(folder, 'none'))).rejects.toThrow(join(folder, 'none'));
    await expect(read(join(folder, 'empty'))).rejects.toThrow(ReconciliationInputError);
    await expect(read(join(folder, 'pipe'))).rejects.toThrow('pipe: is no file but a pipe');
  });
});
