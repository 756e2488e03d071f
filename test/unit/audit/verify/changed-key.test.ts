import { generateKeyPairSync } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { verifyLog } from '../../../../src/audit/verify/verify.js';
import { noteSigner } from '../../../../src/transparency-log/signed-note.js';
import { temporaryFolder } from '../../../support/temporary-folder.js';
import { addRecords, openTestLog, payloads, signer, stop } from '../log/log-fixture.js';

describe('a log whose signing key was changed', () => {
  it('after a stop in order → what the key before has signed was not taken over unsigned', async () => {
    const directory = temporaryFolder();
    const { log } = await openTestLog(directory);
    await addRecords(log, 5);
    await stop(log);
    const { privateKey } = generateKeyPairSync('ed25519');
    const other = noteSigner(signer.verifierKey.name, privateKey);
    const changed = { signer: other, acceptUnsignedTail: 'the key was changed' };
    const opened = await openTestLog(directory, changed);
    const recovery = opened.recovery ?? { tornBytes: 0 };
    expect(recovery).toMatchObject({ unsignedFirst: 0, unsignedLast: 6 });
    await opened.log.append(payloads.of('recovery', recovery));
    await stop(opened.log);
    const keys = [other.verifierKey, signer.verifierKey] as const;
    const report = await verifyLog({ directory, keys, keptCheckpoints: [] });
    expect(report).toMatchObject({ findings: [], unsignedRecords: 0 });
    expect(report.signedBy).toHaveLength(2);
    const alone = await verifyLog({ directory, keys: [other.verifierKey], keptCheckpoints: [] });
    const kinds = alone.findings.map(({ kind }) => kind);
    expect(new Set(kinds)).toEqual(new Set(['foreign-signature', 'taken-over']));
  });
});
