import { describe, expect, it } from 'vitest';
import { temporaryFolder } from '../../../support/temporary-folder.js';
import { FROM, operation, report, rowsOf, TO, writeLog } from './report-log.js';

describe('records that were taken over unsigned', () => {
  const recovery = { type: 'recovery', tornBytes: 0, unsignedFirst: 0, unsignedLast: 1 };

  it('a recovery record with a range → a finding that the report begins with', async () => {
    const log = writeLog(temporaryFolder(), [operation(), operation(), recovery]);
    const made = await report([log]);
    expect(made.sections.slice(0, 2)).toMatchObject([{ id: 'summary' }, { id: 'unsigned' }]);
    expect(rowsOf(made, 'findings')).toContainEqual(
      expect.objectContaining({ level: 'wrong', count: 1, section: 'unsigned' }),
    );
    expect(rowsOf(made, 'unsigned-ranges')).toMatchObject([
      { log, firstSequence: 0, lastSequence: 1, records: 2, bySequence: 2, inPeriod: 'yes' },
    ]);
    expect(rowsOf(made, 'gaps')).toMatchObject([
      { kind: 'recovery', detail: expect.stringContaining('records 0 to 1') as unknown },
    ]);
  });

  it.each([FROM - 1, TO])(
    'a recovery outside of the period (%i) → told all the same',
    async (at) => {
      const time = new Date(at).toISOString();
      const made = await report([
        writeLog(temporaryFolder(), [operation(), { ...recovery, time }]),
      ]);
      expect(rowsOf(made, 'unsigned-ranges')).toMatchObject([{ inPeriod: 'no' }]);
      expect(JSON.stringify(rowsOf(made, 'findings'))).toContain('taken over unsigned');
    },
  );

  it('a recovery without one → none', async () => {
    const made = await report([writeLog(temporaryFolder(), [{ type: 'recovery', tornBytes: 3 }])]);
    expect(rowsOf(made, 'unsigned-ranges')).toEqual([]);
    expect(JSON.stringify(rowsOf(made, 'findings'))).not.toContain('taken over');
  });
});
