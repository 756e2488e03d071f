import { mkdirSync, renameSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { FileWatch } from '../../../../src/composition/reload/file-watch.js';
import { digestsOf } from '../../../../src/configuration/changes/file-digests.js';
import { captureLog } from '../../../support/log-lines.js';
import { temporaryFolder } from '../../../support/temporary-folder.js';

/** A watch of files, whose looks a test makes and whose time it keeps. */
function watched(files: readonly string[]) {
  let now = 0;
  let problem: Error | undefined;
  let inForce = digestsOf(files);
  const refreshed: string[] = [];
  const failures: unknown[] = [];
  let tries = 0;
  const { logger } = captureLog();
  const watch = new FileWatch({
    clock: { monotonic: () => now },
    log: logger,
    inForce: () => inForce,
    refresh: () => {
      tries += 1;
      if (problem !== undefined) return Promise.reject(problem);
      refreshed.push('refreshed');
      inForce = digestsOf(files);
      return Promise.resolve();
    },
    isFinal: (error) => error instanceof TypeError,
    onFailure: (error) => failures.push(error),
    onAsBefore: () => failures.push('as before'),
  });
  onTestFinished(() => watch.stop());
  return {
    refreshed,
    failures,
    tries: () => tries,
    fail: (error: Error | undefined) => {
      problem = error;
    },
    look: async (afterMs = 5_000) => {
      now += afterMs;
      await watch.look();
    },
  };
}

function file(name = 'chain.pem', text = 'first'): string {
  const path = join(temporaryFolder(), name);
  writeFileSync(path, text);
  return path;
}

it('nothing changes → nothing is done', async () => {
  const { look, refreshed } = watched([file()]);
  await look();
  expect(refreshed).toEqual([]);
});

it.each<[string, (path: string) => void]>([
  [
    'is written anew',
    (path) => {
      writeFileSync(path, 'second');
    },
  ],
  [
    'is replaced',
    (path) => {
      writeFileSync(`${path}.new`, 'second');
      renameSync(`${path}.new`, path);
    },
  ],
  ['comes to be', () => undefined],
])('a file that %s → is taken once', async (title, change) => {
  const missing = join(temporaryFolder(), 'missing');
  const path = title === 'comes to be' ? missing : file();
  const { look, refreshed } = watched([path]);
  if (title === 'comes to be') writeFileSync(path, 'there');
  else change(path);
  await look();
  await look();
  expect(refreshed).toHaveLength(1);
});

it('a volume whose link is swapped, as Kubernetes does it → is taken', async () => {
  const volume = temporaryFolder();
  for (const [name, text] of [
    ['..1', 'first'],
    ['..2', 'second'],
  ] as const) {
    mkdirSync(join(volume, name));
    writeFileSync(join(volume, name, 'tls.crt'), text);
  }
  symlinkSync('..1', join(volume, '..data'));
  symlinkSync('..data/tls.crt', join(volume, 'tls.crt'));
  const { look, refreshed } = watched([join(volume, 'tls.crt')]);
  symlinkSync('..2', join(volume, '..data_tmp'));
  renameSync(join(volume, '..data_tmp'), join(volume, '..data'));
  await look();
  expect(refreshed).toHaveLength(1);
});

it('a key that does not belong to the certificate for less than 30 s → nobody is told', async () => {
  const path = file();
  const { look, failures, fail, refreshed } = watched([path]);
  writeFileSync(path, 'second');
  fail(new Error('the key does not belong to the certificate'));
  for (let tries = 0; tries < 6; tries += 1) await look();
  expect(failures).toEqual([]);
  fail(undefined);
  await look();
  expect({ failures, refreshed }).toEqual({ failures: [], refreshed: ['refreshed'] });
});

it('one that does not for longer → told once, and taken when it fits', async () => {
  const path = file();
  const { look, failures, fail, refreshed } = watched([path]);
  writeFileSync(path, 'second');
  const problem = new Error('the key does not belong to the certificate');
  fail(problem);
  for (let tries = 0; tries < 20; tries += 1) await look();
  expect(failures).toEqual([problem]);
  fail(undefined);
  await look(300_000);
  expect(refreshed).toHaveLength(1);
});

it('the same files fail on and on, as with a login that is refused → tried less and less often', async () => {
  const path = file();
  const { look, fail, tries } = watched([path]);
  writeFileSync(path, 'second');
  fail(new Error('Vault refuses the login'));
  const triesIn = async (looks: number) => {
    const before = tries();
    for (let made = 0; made < looks; made += 1) await look();
    return tries() - before;
  };
  expect(await triesIn(6)).toBe(6);
  // Ten minutes, then an hour: every five minutes in the end.
  expect(await triesIn(120)).toBeLessThan(10);
  expect(await triesIn(720)).toBe(12);
  writeFileSync(path, 'third');
  expect(await triesIn(1)).toBe(1);
});

it('files that are as before again → the patience begins anew with the next change', async () => {
  const path = file();
  const { look, failures, fail } = watched([path]);
  fail(new Error('no'));
  writeFileSync(path, 'second');
  await look();
  writeFileSync(path, 'first');
  await look(60_000);
  writeFileSync(path, 'third');
  await look(60_000);
  expect(failures).toEqual([]);
});

it('files that are as before again after a failure was told → that is told, once', async () => {
  const path = file();
  const { look, failures, fail } = watched([path]);
  const problem = new Error('no');
  fail(problem);
  writeFileSync(path, 'second');
  await look();
  await look(60_000);
  writeFileSync(path, 'first');
  await look();
  await look();
  expect(failures).toEqual([problem, 'as before']);
});

it('a failure that only other files can help → tried once with these, told, and tried with others', async () => {
  const path = file();
  const { look, failures, fail, refreshed, tries } = watched([path]);
  writeFileSync(path, 'second');
  const problem = new TypeError('the token refuses the PIN');
  fail(problem);
  for (let looks = 0; looks < 20; looks += 1) await look();
  expect({ failures, tries: tries() }).toEqual({ failures: [problem], tries: 1 });
  fail(undefined);
  writeFileSync(path, 'third');
  await look();
  expect({ refreshed, tries: tries() }).toEqual({ refreshed: ['refreshed'], tries: 2 });
});
