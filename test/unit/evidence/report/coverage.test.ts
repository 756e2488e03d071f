import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { makeReport } from '../../../../src/evidence/report/report.js';
import { temporaryFolder } from '../../../support/temporary-folder.js';
import { writeSegment } from '../search/log-folder.js';
import { FROM, operation, report, rowsOf, TO, writeLog } from './report-log.js';

describe('what a report covers', () => {
  it('several logs → each with its origin and how far it reaches', async () => {
    const parent = temporaryFolder();
    const a = writeLog(parent, [{ type: 'segment', origin: 'holdfast/a' }, operation()]);
    const b = writeLog(parent, [operation()], { name: 'b', first: 5 });
    const made = await report([a, b]);
    expect(rowsOf(made, 'logs')).toMatchObject([
      { log: a, origin: 'holdfast/a', replica: 'a', firstSequence: 0, lastSequence: 1, records: 2 },
      { log: b, replica: 'b', firstSequence: 5, lastSequence: 5, inPeriod: 1, notRecords: 0 },
    ]);
    expect(made.statement.join(' ')).toContain(`--log ${a} ${b}`);
    expect(rowsOf(made, 'operations-by-external-key-id')).toMatchObject([{ total: 2 }]);
  });

  it('lines that are no records, and a damaged segment → told, and the rest is summed up', async () => {
    const parent = temporaryFolder();
    const folder = writeLog(parent, [operation()], { first: 2 });
    const path = writeSegment(folder, { first: 0, lines: ['no record', '{}'], linesInMember: 1 });
    const made = await report([folder]);
    expect(rowsOf(made, 'logs')).toMatchObject([{ records: 1, notRecords: 2 }]);
    writeFileSync(path, readFileSync(path).subarray(0, 12));
    const options = { fromMs: FROM, toMs: TO, nowMs: TO, generator: '', limit: 5 };
    const outcome = await makeReport([folder], { ...options, cryptoperiodDays: undefined });
    expect(outcome.unreadable).toEqual([path]);
    expect(rowsOf(outcome.report, 'gaps')).toMatchObject([
      { kind: 'beginning' },
      { kind: 'unreadable' },
    ]);
    expect(rowsOf(outcome.report, 'logs')).toMatchObject([{ records: 1 }]);
  });

  it('a folder that is not there → the file system’s error', async () => {
    await expect(report([join(temporaryFolder(), 'none')])).rejects.toThrow('ENOENT');
  });

  it('every section → is mapped to controls', async () => {
    const made = await report([writeLog(temporaryFolder(), [operation()])]);
    const mapped = rowsOf(made, 'controls').map((row) => row['section']);
    const titles = made.sections.map(({ title }) => title);
    expect(mapped).toEqual(titles.slice(0, -1));
  });
});
