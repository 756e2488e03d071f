import { renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { LogFolder } from '../../../../src/audit/read/log-folder.js';
import { eachNote } from '../../../../src/audit/read/notes.js';
import { readRecords } from '../../../../src/audit/read/records.js';
import { segmentPath } from '../../../../src/audit/read/segments.js';
import { UnreadableError } from '../../../../src/audit/read/unreadable.js';
import { LogReader } from '../../../../src/audit/sinks/feed/log-reader.js';
import { run } from '../../../../src/cli/run.js';
import { formatVerifierKey, NoteError } from '../../../../src/transparency-log/signed-note.js';
import { CapturedTerminal } from '../../../support/captured-terminal.js';
import { noLogFiles } from '../../../support/files-that-are-no-log.js';
import { temporaryFolder } from '../../../support/temporary-folder.js';
import { addRecords, openTestLog, signer, stop } from '../log/log-fixture.js';

const KEY = formatVerifierKey(signer.verifierKey);
const PERIOD = ['--from', '2020-01-01', '--to', '2040-01-01'];

/** A log of one segment, in whose place, or behind which, something else stands. */
async function folderWith(name: string, place: 'alone' | 'first' | 'last'): Promise<string> {
  const folder = temporaryFolder();
  const { make, compressed } = noLogFiles.get(name) ?? { compressed: false, make: () => undefined };
  if (place !== 'alone') {
    const { log } = await openTestLog(folder);
    await addRecords(log, 5);
    await stop(log);
  }
  if (place === 'first') renameSync(segmentPath(folder, 0), segmentPath(folder, 1000));
  const first = place === 'last' ? 1000 : 0;
  await make(`${segmentPath(folder, first)}${compressed ? '.gz' : ''}`);
  return folder;
}

async function audit(...args: string[]) {
  const terminal = new CapturedTerminal();
  const code = await run(['audit', ...args], terminal);
  return { code, stdout: terminal.stdout, stderr: terminal.stderr };
}

describe.each([...noLogFiles.keys()])('%s instead of a segment', (name) => {
  it.each(['alone', 'first', 'last'] as const)(
    '%s → is told by every command, and none takes it for an empty one',
    async (place) => {
      const log = ['--log', await folderWith(name, place)];
      const output = join(temporaryFolder(), 'proof');
      const commands = {
        query: ['query'],
        scan: ['query', '--where', 'durationUs=*'],
        report: ['report', ...PERIOD],
        verify: ['verify', '--public-key', KEY],
        prove: ['prove', '--public-key', KEY, '--record', '2000', '--output', output],
      };
      const codes: Record<string, number> = {};
      for (const [command, args] of Object.entries(commands)) {
        codes[command] = (await audit(...args, ...log)).code;
      }
      expect(codes).toEqual({ query: 1, scan: 1, report: 1, verify: 1, prove: 1 });
    },
  );

  it('→ has neither key nor records, and a sink does not send it', async () => {
    const folder = await folderWith(name, 'alone');
    expect(await audit('public-key', '--log', folder)).toMatchObject({ code: 1, stdout: '' });
    const [segment] = (await LogFolder.list(folder)).segments;
    if (segment === undefined) throw new Error('the segment is not listed');
    await expect(firstRecord(folder)).rejects.toThrow();
    const reader = new LogReader(folder);
    const sent = await reader.read(0, 10).catch(() => undefined);
    await reader.close();
    const lines = sent?.lines ?? [];
    expect(lines.every((line) => line.length === 0 || line.includes('schema'))).toBe(true);
  });
});

describe.each([...noLogFiles].filter(([, { compressed }]) => !compressed))(
  '%s instead of checkpoints',
  (_name, { make }) => {
    it('→ is told', async () => {
      const path = join(temporaryFolder(), '000000000000.checkpoints');
      await make(path);
      const torn = eachNote(path, (note) => {
        expect(note).toBeUndefined();
      });
      // What may be a note that is being written is for whoever knows the name of the log to judge.
      await torn.then(
        ({ rest }) => {
          expect(rest).toBe('this is no record');
        },
        (error: unknown) => {
          expect(error).toBeInstanceOf(UnreadableError);
        },
      );
    });
  },
);

it('checkpoints with a tail that is longer than any note → NoteError', async () => {
  const path = join(temporaryFolder(), '000000000000.checkpoints');
  writeFileSync(path, 'x\n'.repeat(100_000));
  await expect(eachNote(path, () => undefined)).rejects.toThrow(NoteError);
});

async function firstRecord(folder: string): Promise<void> {
  for await (const record of readRecords(folder)) expect(record).toBeUndefined();
}
