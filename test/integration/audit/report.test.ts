import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { makeReport } from '../../../src/evidence/report/report.js';
import { renderJson } from '../../../src/evidence/report/render/json.js';
import { auditSigner, auditVerifierKey, runServer } from '../../support/audit-log-folder.js';
import { temporaryFolder } from '../../support/temporary-folder.js';

describe('holdfast audit report, as it is built', () => {
  it('records counted in a thread of their own → as in the thread that verifies', async () => {
    const directory = join(temporaryFolder(), 'log');
    await runServer({ directory, records: 400 });
    const program = join(import.meta.dirname, '../../../dist/cli/main.js');
    const output = execFileSync(process.execPath, [
      ...[program, 'audit', 'report', '--log', directory, '--public-key', auditVerifierKey],
      ...['--from', '2020-01-01', '--to', '2100-01-01', '--format', 'json'],
    ]);
    const fromThread = JSON.parse(output.toString()) as Record<string, unknown>;
    const { report } = await makeReport([directory], {
      fromMs: Date.UTC(2020, 0, 1),
      toMs: Date.UTC(2100, 0, 1),
      nowMs: Date.parse(String(fromThread['generatedAt'])),
      generator: String(fromThread['generator']),
      limit: 25,
      cryptoperiodDays: undefined,
      keys: [auditSigner.verifierKey],
    });
    expect(fromThread).toEqual(JSON.parse(renderJson(report)));
  });
});
