import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { run } from '../../../../src/cli/run.js';
import { formatVerifierKey } from '../../../../src/transparency-log/signed-note.js';
import { CapturedTerminal } from '../../../support/captured-terminal.js';
import { temporaryFolder } from '../../../support/temporary-folder.js';
import { addRecords, openTestLog, payloads, signer, stop } from '../../audit/log/log-fixture.js';

const KEY = formatVerifierKey(signer.verifierKey);
const FIRST = '000000000000.jsonl';

async function closedLog(): Promise<string> {
  const directory = temporaryFolder();
  const { log } = await openTestLog(directory);
  await addRecords(log, 5);
  await stop(log);
  return directory;
}

async function audit(...args: string[]) {
  const terminal = new CapturedTerminal();
  const code = await run(['audit', ...args], terminal);
  return { code, stdout: terminal.stdout, stderr: terminal.stderr };
}

describe('audit public-key', () => {
  it('prints the key that verifies the log', async () => {
    const log = await closedLog();
    expect(await audit('public-key', '--log', log)).toMatchObject({ code: 0, stdout: `${KEY}\n` });
  });

  it('of a folder without a log → exit code 1', async () => {
    expect(await audit('public-key', '--log', temporaryFolder())).toMatchObject({ code: 1 });
  });
});

describe('audit verify', () => {
  it('of a log as it was written → exit code 0, with the key as text or in a file', async () => {
    const log = await closedLog();
    const file = join(temporaryFolder(), 'log.vkey');
    writeFileSync(file, `${KEY}\n`);
    for (const key of [KEY, file]) {
      const { code, stdout } = await audit('verify', '--log', log, '--public-key', key);
      expect(code).toBe(0);
      expect(stdout).toContain('Nothing is wrong.');
      expect(stdout).toMatch(/^Unsigned +none$/m);
    }
  });

  it('a public key’s file that is another, such as a master key → the place, and never what is in it', async () => {
    const file = join(temporaryFolder(), 'master.key');
    writeFileSync(file, '\nc2VjcmV0IG9mIHNvbWVib2R5\n');
    const { code, stderr } = await audit(
      'verify',
      '--log',
      temporaryFolder(),
      '--public-key',
      file,
    );
    expect(code).toBe(2);
    expect(stderr).toContain(`${file}, line 2`);
    expect(stderr).not.toContain('c2VjcmV0');
  });

  it('of a segment in the place of its folder → exit code 2, and what to name', async () => {
    const segment = join(await closedLog(), FIRST);
    const { code, stderr } = await audit('verify', '--log', segment, '--public-key', KEY);
    expect(code).toBe(2);
    expect(stderr).toContain(`${segment} is no folder`);
    expect(await audit('query', '--log', segment)).toMatchObject({ code: 2 });
  });

  it('of what a plain crash has left → exit code 1, told as that, with the range to accept', async () => {
    const directory = temporaryFolder();
    const { log } = await openTestLog(directory, { acceptUnsignedTail: 'for the test' });
    await addRecords(log, 2);
    const recovery = { tornBytes: 0, unsignedFirst: 0, unsignedLast: 1 };
    await log.append(payloads.of('recovery', recovery));
    await stop(log);
    const asked = ['verify', '--log', directory, '--public-key', KEY];
    const { code, stdout, stderr } = await audit(...asked);
    expect(code).toBe(1);
    expect(stdout).toContain('NOT VOUCHED FOR: 1 finding.');
    expect(stdout).toContain('--accept 0-1');
    expect(stderr).toContain('nothing else is wrong');
    expect(await audit(...asked, '--accept', '0-1')).toMatchObject({ code: 0 });
  });

  it('of a log that was changed → exit code 1, and which record', async () => {
    const log = await closedLog();
    const path = join(log, FIRST);
    writeFileSync(path, readFileSync(path, 'utf8').replace('key-2', 'key-9'));
    const { code, stdout } = await audit('verify', '--log', log, '--public-key', KEY);
    expect(code).toBe(1);
    expect(stdout).toContain('Record 3 was changed.');
    const json = await audit('verify', '--log', log, '--public-key', KEY, '--json');
    expect(JSON.parse(json.stdout)).toMatchObject([
      { findings: [{ kind: 'changed', sequence: 3 }] },
    ]);
  });

  it('of a log that was rolled back → exit code 1 with a checkpoint that was kept, as a note or as sinks ship it', async () => {
    const log = await closedLog();
    const checkpoints = join(log, '000000000000.checkpoints');
    const kept = join(temporaryFolder(), 'kept');
    const note = readFileSync(checkpoints, 'utf8');
    const text = readFileSync(join(log, FIRST), 'utf8');
    writeFileSync(join(log, FIRST), text.slice(0, text.indexOf('{"schema":1,"sequence":4,')));
    writeFileSync(checkpoints, '');
    const alone = await audit('verify', '--log', log, '--public-key', KEY);
    expect(alone.stdout).toContain('unsigned: No checkpoint vouches');
    for (const shipped of [note, `${JSON.stringify({ checkpoint: note })}\n`]) {
      writeFileSync(kept, shipped);
      const result = await audit('verify', '--log', log, '--public-key', KEY, '--checkpoint', kept);
      expect(result.code).toBe(1);
      expect(result.stdout).toContain('cut-off');
    }
  });

  it.each([
    ['no key', []],
    ['a key that is none', ['--public-key', 'nonsense']],
    ['a folder without a log', ['--public-key', KEY]],
    ['a folder that is not there', ['--public-key', KEY, '--log', '/none']],
  ])('with %s → exit code 2', async (_title, args) => {
    expect(await audit('verify', '--log', temporaryFolder(), ...args)).toMatchObject({ code: 2 });
  });
});

describe('audit prove', () => {
  it('writes a proof that check-proof takes, for this record alone', async () => {
    const log = await closedLog();
    const output = join(temporaryFolder(), 'proof');
    const proven = await audit(
      ...['prove', '--log', log, '--public-key', KEY, '--record', '2', '--output', output],
    );
    expect(proven.code).toBe(0);
    const check = () =>
      audit(
        ...['check-proof', '--public-key', KEY],
        ...['--record', `${output}.json`, '--proof', `${output}.tlog-proof`],
      );
    expect(await check()).toMatchObject({ code: 0 });
    writeFileSync(
      `${output}.json`,
      readFileSync(`${output}.json`, 'utf8').replace('key-1', 'key-2'),
    );
    expect(await check()).toMatchObject({ code: 1 });
  });

  it.each([
    ['7', 'not in'],
    ['99', 'not in'],
  ])('of record %s, which is not there or not signed → exit code 1', async (sequence) => {
    const log = await closedLog();
    const output = join(temporaryFolder(), 'proof');
    expect(
      await audit(
        ...['prove', '--log', log, '--public-key', KEY, '--record', sequence, '--output', output],
      ),
    ).toMatchObject({ code: 1 });
  });
});
