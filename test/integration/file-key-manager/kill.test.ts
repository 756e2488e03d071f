import { spawn } from 'node:child_process';
import { randomInt } from 'node:crypto';
import { once } from 'node:events';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { canaries } from '../../support/canaries.js';
import {
  type KeyFolderFixture,
  longDeadline,
  makeKeyFolder,
  readJson,
} from '../../support/key-folder.js';
import { KeyJournal } from '../../support/key-journal.js';

/** On a machine of two cores. */
const PROCESSES_AT_ONCE = 2;
/** Then with a new folder, so that the start does not take longer and longer. */
const ROUNDS_A_FOLDER = 20;
const rounds = Number(process.env['HOLDFAST_KILL_ROUNDS'] ?? 60);
/** Small, so that blocks run out and versions change all the time. */
const limits = { blockSize: 8, perVersion: 40 };

const program = fileURLToPath(new URL('busy-process.mjs', import.meta.url));
const counterSchema = z.object({
  externalKeyId: z.string(),
  version: z.number(),
  reserved: z.number(),
});

/**
 * Runs the busy process and kills it: mostly amid its work, when it has made one to three keys,
 * however long that takes on a busy machine; now and then amid its start.
 */
async function runAndKill(folder: KeyFolderFixture, word: string): Promise<string> {
  const args = [
    program,
    folder.directory,
    word,
    String(limits.blockSize),
    String(limits.perVersion),
  ];
  const child = spawn(process.execPath, args, {
    stdio: ['ignore', 'pipe', 'inherit'],
    env: { ...process.env, MASTER_KEY: canaries.masterKey.toString('base64') },
  });
  let output = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    output += text;
  });
  const closed = once(child, 'close');
  const keysBefore = randomInt(10) > 0 ? randomInt(1, 4) : 0;
  while (output.split('"created"').length <= keysBefore && child.exitCode === null) {
    await Promise.race([once(child.stdout, 'data'), closed]);
  }
  await sleep(randomInt(5, 40));
  child.kill('SIGKILL');
  const [code, signal] = await closed;
  expect({ code, signal }).toEqual({ code: null, signal: 'SIGKILL' });
  return output;
}

/** Before anybody has put anything right: no counter on disk says less than was told. */
async function expectNoCountTooLow(folder: KeyFolderFixture, journal: KeyJournal): Promise<void> {
  const counters = join(folder.directory, 'counters');
  const names = await readdir(counters).catch(() => []);
  for (const name of names.filter((each) => each.endsWith('.json'))) {
    const { externalKeyId, version, reserved } = counterSchema.parse(
      await readJson(join(counters, name)),
    );
    expect(reserved).toBeGreaterThanOrEqual(journal.encryptionsOf(externalKeyId, version));
  }
}

/** As the next start finds it: every key there, every version readable, every count high enough. */
async function expectAllIsThere(folder: KeyFolderFixture, journal: KeyJournal): Promise<void> {
  const manager = await folder.open({ init: true, limits });
  expect(await manager.node.checkHealth(longDeadline())).toEqual({ status: 'ACTIVE' });
  expect(await journal.missingKeys(manager)).toEqual([]);
  expect(await journal.unreadable(manager)).toEqual([]);
  for (const { description, encryptionsLeft = 0 } of await manager.administration.listKeys()) {
    const { externalKeyId, current } = description;
    const told = journal.encryptionsOf(externalKeyId, current?.version ?? 0);
    expect(told + encryptionsLeft).toBeLessThanOrEqual(limits.perVersion);
  }
  await manager.node.close();
}

describe('killed with SIGKILL at random moments', () => {
  const folders = Math.ceil(rounds / ROUNDS_A_FOLDER);
  const queue = Array.from({ length: folders }, (_, index) =>
    Math.min(ROUNDS_A_FOLDER, rounds - index * ROUNDS_A_FOLDER),
  );

  it(`${rounds} times → no key lost, none torn, no count too low`, {
    timeout: rounds * 5000,
  }, async () => {
    let [keys, encryptions] = [0, 0];
    const work = async (): Promise<void> => {
      for (let left = queue.pop(); left !== undefined; left = queue.pop()) {
        const folder = await makeKeyFolder();
        const journal = new KeyJournal();
        for (let round = 0; round < left; round += 1) {
          journal.add(await runAndKill(folder, `round-${round}`));
          await expectNoCountTooLow(folder, journal);
          await expectAllIsThere(folder, journal);
        }
        keys += journal.keys;
        encryptions += journal.encryptions;
      }
    };
    await Promise.all(Array.from({ length: PROCESSES_AT_ONCE }, work));
    // Otherwise nothing was going on when the processes were killed.
    expect(keys).toBeGreaterThan(rounds);
    expect(encryptions).toBeGreaterThan(rounds);
  });
});
