import { cpSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { verifyLog } from '../../../../src/audit/verify/verify.js';
import { run } from '../../../../src/cli/run.js';
import { splitNotes } from '../../../support/split-notes.js';
import { linesAfter, payloadOf, rebuild } from '../../../support/audit-log-attacker.js';
import {
  auditSigner,
  auditVerifierKey,
  runServer,
  startServer,
} from '../../../support/audit-log-folder.js';
import {
  checkpointFilesOf,
  fileOf,
  type LogImage,
  linesOf,
  readImage,
  replaceImage,
  segmentsOf,
  withLines,
  without,
} from '../../../support/audit-log-image.js';
import { checkpointsOf } from '../../../support/audit-log-mutations.js';
import { CapturedTerminal } from '../../../support/captured-terminal.js';
import { temporaryFolder } from '../../../support/temporary-folder.js';

const keys = [auditSigner.verifierKey] as const;

async function verifyCommand(directory: string, ...args: string[]) {
  const terminal = new CapturedTerminal();
  const command = ['audit', 'verify', '--log', directory, '--public-key', auditVerifierKey];
  const code = await run([...command, ...args], terminal);
  return { code, stdout: terminal.stdout, stderr: terminal.stderr };
}

function firstOf(segment: string): number {
  return Number.parseInt(segment, 10);
}

describe('a log of several segments', () => {
  const directory = temporaryFolder(afterAll);
  const kept = join(temporaryFolder(afterAll), 'kept');
  let image: LogImage;
  let segments: readonly string[];
  let notes: readonly string[];

  beforeAll(async () => {
    await runServer({ directory, records: 160, segmentBytes: 24 * 1024 });
    image = readImage(directory);
    segments = segmentsOf(image);
    notes = checkpointFilesOf(image).flatMap((name) => splitNotes(fileOf(image, name).toString()));
    writeFileSync(kept, notes.join(''));
  });

  async function withImage<Result>(changed: LogImage, look: () => Promise<Result>) {
    replaceImage(directory, image, changed);
    try {
      return await look();
    } finally {
      replaceImage(directory, changed, image);
    }
  }

  const verified = (changed: LogImage, keptCheckpoints: readonly string[] = []) =>
    withImage(changed, () => verifyLog({ directory, keys, keptCheckpoints }));

  it('nothing changed → nothing found, and the page says what it rests on', async () => {
    expect(segments.length).toBeGreaterThan(3);
    const { code, stdout } = await verifyCommand(directory, '--checkpoint', kept, '--json');
    expect(code).toBe(0);
    const [page] = JSON.parse(stdout) as Record<string, unknown>[];
    expect(page).toMatchObject({
      findings: [],
      moreFindings: {},
      notVouchedFor: [],
      signedBy: [`xks.example.com/audit-1+${auditSigner.verifierKey.id.toString('hex')}`],
      publicKeys: [auditVerifierKey],
      root: expect.stringMatching(/^[A-Za-z0-9+/]{43}=$/),
      verifiedAt: expect.stringMatching(/^\d{4}-\d\d-\d\dT/),
      verifiedWith: expect.stringMatching(/^Holdfast \d/),
      firstTime: expect.any(String),
      lastTime: expect.any(String),
    });
  });

  it('own checkpoints and kept copies of them → count once', async () => {
    const alone = await verifyLog({ directory, keys, keptCheckpoints: [] });
    const both = await verifyLog({ directory, keys, keptCheckpoints: [kept] });
    expect(both.matchedCheckpoints).toBe(alone.matchedCheckpoints);
    expect([alone.matchedKeptCheckpoints, both.matchedKeptCheckpoints]).toEqual([
      0,
      alone.matchedCheckpoints,
    ]);
  });

  it.each([
    ['with its checkpoints', true],
    ['without them', false],
  ])('a segment in the middle missing, %s → that one is named', async (_, withCheckpoints) => {
    const [, gone = '', next = ''] = segments;
    const changed = without(image, gone, ...(withCheckpoints ? [checkpointsOf(gone)] : []));
    const { findings } = await verified(changed);
    const range = { sequence: firstOf(gone), lastSequence: firstOf(next) - 1 };
    expect(findings).toMatchObject([{ kind: 'removed', file: gone, ...range }]);
  });

  it('the end of a segment in the middle missing → it is the file that is named', async () => {
    const [, name = '', next = ''] = segments;
    const lines = linesOf(image, name);
    const { findings } = await verified(withLines(image, name, lines.slice(0, -3)));
    const range = { sequence: firstOf(next) - 3, lastSequence: firstOf(next) - 1 };
    expect(findings).toMatchObject([{ kind: 'removed', file: name, ...range }]);
  });

  it('a record changed and its segment linked anew → the genuine segment after it is not accused', async () => {
    const [, name = '', next = ''] = segments;
    const forged = rebuild(image, (all) =>
      all.with(1, (all[1] ?? []).with(4, (all[1]?.[4] ?? '').replace('payments', 'paymentz'))),
    );
    const changed = withLines(image, name, linesOf(forged, name));
    const { findings } = await verified(changed);
    const about = findings.map(({ kind, file, sequence }) => ({ kind, file, sequence }));
    expect(about.filter(({ file }) => file.startsWith(next.slice(0, 12)))).toEqual([]);
    expect(about).toContainEqual(expect.objectContaining({ kind: 'not-as-signed' }));
    const unsigned = without(changed, ...checkpointFilesOf(image).slice(0, -1));
    const told = (await verified(unsigned)).findings;
    expect(told).toContainEqual(
      expect.objectContaining({ kind: 'not-as-signed', file: name, sequence: firstOf(name) }),
    );
    expect(told.filter(({ kind, file }) => kind !== 'unsealed' && file === next)).toEqual([]);
  });

  it('the newest checkpoints dropped, and the records behind them written anew → unsealed', async () => {
    const gone = checkpointFilesOf(image).slice(1);
    const rewritten = rebuild(image, (all) =>
      all.with(2, (all[2] ?? []).with(3, (all[2]?.[3] ?? '').replace('payments', 'paymentz'))),
    );
    const { findings } = await verified(without(rewritten, ...gone));
    const ends = segments.slice(1, -1);
    expect(findings.map(({ kind, file }) => [kind, file])).toEqual(
      ends.map((file) => ['unsealed', file]),
    );
    const { code, stdout } = await withImage(without(rewritten, ...gone), () =>
      verifyCommand(directory),
    );
    expect(code).toBe(1);
    expect(stdout).not.toContain('Nothing is wrong');
    const terminal = new CapturedTerminal();
    const period = ['--from', '2020-01-01', '--to', '2040-01-01', '--format', 'json'];
    await withImage(without(rewritten, ...gone), () =>
      run(['audit', 'report', '--log', directory, ...period], terminal),
    );
    for (const file of ends) {
      expect(terminal.stdout).toContain(`${join(directory, file)}: closed, and no checkpoint`);
    }
  });

  it('every checkpoint deleted, and some kept → said, exit code 1', async () => {
    const changed = without(image, ...checkpointFilesOf(image));
    const { findings } = await verified(changed, [kept]);
    expect(findings.map(({ kind }) => kind)).toEqual(['checkpoint-removed']);
    const last = join(temporaryFolder(), 'last');
    writeFileSync(last, notes.at(-1) ?? '');
    const kinds = (await verified(changed, [last])).findings.map(({ kind }) => kind);
    expect(new Set(kinds)).toEqual(new Set(['unsealed', 'checkpoint-removed']));
    const { code } = await withImage(changed, () => verifyCommand(directory, '--checkpoint', last));
    expect(code).toBe(1);
  });

  it.each([
    ['its files', (folder: string) => readdirSync(folder).map((name) => join(folder, name))],
    ['its folder', (folder: string) => [folder]],
  ])('deleted with %s → exit code 1 with a kept checkpoint, 2 without', async (_, targets) => {
    const folder = join(temporaryFolder(), 'log');
    cpSync(directory, folder, { recursive: true });
    for (const path of targets(folder)) rmSync(path, { recursive: true });
    expect((await verifyCommand(folder)).code).toBe(2);
    const { code, stdout } = await verifyCommand(folder, '--checkpoint', kept);
    expect(code).toBe(1);
    expect(stdout).toContain('cut-off');
  });

  it.each([
    ['without its last line feed', (note: string) => note.trimEnd()],
    ['with line ends of Windows', (note: string) => note.replaceAll('\n', '\r\n')],
    ['with a byte order mark', (note: string) => `\uFEFF${note}`],
    ['between blank lines', (note: string) => `\n\n${note}\n\n${note}\n`],
    [
      'as JSON, the last line cut',
      (note: string) => `${jsonOf(note)}\n${jsonOf(note).slice(0, 60)}`,
    ],
    ['as JSON without line feeds', (note: string) => jsonOf(note.trimEnd())],
  ])('a kept checkpoint %s → counts', async (_, written) => {
    const path = join(temporaryFolder(), 'kept');
    writeFileSync(path, written(notes.at(-1) ?? ''));
    const report = await verifyLog({ directory, keys, keptCheckpoints: [path] });
    expect(report).toMatchObject({ findings: [], matchedKeptCheckpoints: 1 });
  });

  it('more findings than anybody reads → a hundred of a kind, and how many more', async () => {
    const name = segments.at(-1) ?? '';
    const lines = linesOf(image, name);
    const many = Array.from({ length: 500 }, () => lines[1] ?? Buffer.alloc(0));
    const changed = withLines(image, name, [...lines, ...many]);
    const { findings, moreFindings } = await verified(changed);
    expect(findings.filter(({ kind }) => kind === 'inserted')).toHaveLength(100);
    expect(moreFindings).toEqual({ inserted: 400 });
    const { stdout } = await withImage(changed, () => verifyCommand(directory));
    expect(stdout).toContain('inserted: 400 more');
  });

  it('a segment that the system does not let it read → could not look, exit code 2', async () => {
    const [, name = ''] = segments;
    const changed = without(image, name);
    const { code, stdout } = await withImage(changed, async () => {
      symlinkSync('nowhere', join(directory, name));
      try {
        return await verifyCommand(directory);
      } finally {
        rmSync(join(directory, name));
      }
    });
    expect(code).toBe(2);
    expect(stdout).toMatch(/unreadable .*ENOENT/);
    expect(stdout).not.toContain('removed');
  });

  it('--output → the same page in a new file', async () => {
    const output = join(temporaryFolder(), 'page');
    const { stdout } = await verifyCommand(directory, '--output', output, '--json');
    const again = await verifyCommand(directory, '--output', output);
    expect(JSON.parse(stdout)).toHaveLength(1);
    expect(again.code).toBe(1);
    expect(again.stderr).toContain('exists');
  });

  it('an unsigned record that says that others were taken over → says nothing of what is signed', async () => {
    const name = segments.at(-1) ?? '';
    const [line = Buffer.alloc(0)] = linesOf(image, name).slice(-1);
    const payload = payloadOf(line).replace(
      /"type":"stop".*$/,
      '"type":"recovery","tornBytes":0,"unsignedFirst":3,"unsignedLast":9}',
    );
    const forged = withLines(image, name, [
      ...linesOf(image, name),
      ...linesAfter(image, name, [payload]),
    ]);
    expect(await verified(forged)).toMatchObject({ findings: [], unsignedRecords: 1 });
  });
});

describe('a log whose server was killed', () => {
  const killed = join(temporaryFolder(afterAll), 'killed');
  let range: string;

  beforeAll(async () => {
    const running = temporaryFolder(afterAll);
    const server = await startServer({ directory: running, records: 30, everyRecords: 20 });
    const notes = join(running, '000000000000.checkpoints');
    await vi.waitFor(() => {
      expect(splitNotes(readFileSync(notes, 'utf8'))).not.toEqual([]);
    });
    cpSync(running, killed, { recursive: true });
    await server.close();
    const before = await verifyLog({ directory: killed, keys, keptCheckpoints: [] });
    expect(before).toMatchObject({ findings: [] });
    expect(before.notVouchedFor[0]).toContain('not signed yet');
    range = `${String(before.vouchedBefore)}-${String(before.lastSequence)}`;
    await runServer({ directory: killed, records: 20, everyRecords: 20 });
  });

  it('started again → what it took over is found, exit code 1', async () => {
    const { code, stdout } = await verifyCommand(killed);
    const [first = '', last = ''] = range.split('-');
    expect(code).toBe(1);
    expect(stdout).toContain(`taken-over: Records ${first} to ${last} had no signature`);
  });

  it('accepted by whoever verifies → noted, not vouched for, exit code 0', async () => {
    const { code, stdout } = await verifyCommand(killed, '--accept', range);
    expect(code).toBe(0);
    expect(stdout).toContain('You have accepted that.');
    expect(stdout).toMatch(/cannot vouch for:\n +- Records .* taken over unsigned/);
    expect((await verifyCommand(killed, '--accept', '0-1')).code).toBe(1);
  });
});

function jsonOf(note: string): string {
  return JSON.stringify({ checkpoint: note });
}
