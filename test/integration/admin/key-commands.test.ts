import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { keySchema, rotatedKeySchema, shownKeySchema } from '../../../src/admin/contract/keys.js';
import { run } from '../../../src/cli/run.js';
import { inForce } from '../../support/admin-fixture.js';
import { startAdminServer } from '../../support/admin-server.js';
import { CapturedTerminal } from '../../support/captured-terminal.js';
import { BEGIN, lifecycleReplica } from '../../support/lifecycle.js';
import { LivingKeys } from '../../support/living-keys.js';
import { MemoryState } from '../../support/memory-state-store.js';
import { temporaryFolder } from '../../support/temporary-folder.js';

/** A server with keys that can do everything, and `keys …` as somebody types it. */
async function served() {
  const keys = new LivingKeys();
  const { lifecycle } = await lifecycleReplica(new MemoryState(), keys, {
    ownsKeys: true,
    keyManager: {
      name: 'files',
      administration: keys.administration,
      describeKeyAnew: (id, call) => keys.describeKeyAnew(id, call),
      encrypt: (ref, plaintext, aad, call) => keys.encrypt(ref, plaintext, aad, call),
    },
  });
  const parts = inForce(keys.administration);
  const acts = new Map([...parts.acts, ['files', lifecycle] as const]);
  const server = await startAdminServer({ ...parts, acts });
  async function type(...words: string[]) {
    const terminal = new CapturedTerminal();
    const code = await run(['keys', ...words, '--socket', server.socket], terminal);
    return { code, stdout: terminal.stdout, stderr: terminal.stderr };
  }
  await type('create', 'payroll', '--key-store', 'production');
  return { type, acts: server.acts, keys };
}

describe('keys show', () => {
  it('a key pending deletion → the date before which it is not destroyed, also in JSON', async () => {
    const { type } = await served();
    await type('schedule-deletion', 'payroll', '--days', '7', '--yes');
    const deletionAt = new Date(BEGIN + 7 * 86_400_000).toISOString();
    const { stdout } = await type('show', 'payroll', '--json', '--key-store', 'production');
    expect(shownKeySchema.parse(JSON.parse(stdout))).toMatchObject({ deletionAt });
    const shown = await type('show', 'payroll');
    expect(shown.stdout).toContain(`not before ${deletionAt}`);
    await type('cancel-deletion', 'payroll');
    const kept = await type('show', 'payroll', '--json');
    expect(keySchema.parse(JSON.parse(kept.stdout)).deletionAt).toBeUndefined();
  });

  it('a key with a schedule → when it is rotated next', async () => {
    const { type } = await served();
    await type('rotation', 'payroll', '--every', '90');
    const { stdout } = await type('show', 'payroll', '--json');
    const { nextRotationAt = '' } = keySchema.parse(JSON.parse(stdout));
    const days = (Date.parse(nextRotationAt) - BEGIN) / 86_400_000;
    expect(Math.floor(days)).toBe(90);
    expect((await type('show', 'payroll')).stdout).toContain(
      `every 90 days, next ${nextRotationAt}`,
    );
  });

  it.each([[['show', 'pay']], [['versions', 'pay']], [['disable', 'pay']]])(
    '%j of an alias → names the key that is meant',
    async (words) => {
      const { type } = await served();
      await type('alias', 'create', 'pay', '--target', 'payroll', '--key-store', 'production');
      const { code, stderr } = await type(...words, '--key-store', 'production');
      expect({ code, stderr }).toEqual({
        code: 1,
        stderr: expect.stringMatching(/pay is an alias of the key payroll: name the key/) as string,
      });
    },
  );
});

describe('keys rotate', () => {
  it('rotated → says which version encrypts now, also in JSON', async () => {
    const { type } = await served();
    expect((await type('rotate', 'payroll')).stdout).toBe(
      'Rotated. Version 2 encrypts now. payroll is Enabled.\n',
    );
    const { stdout } = await type('rotate', 'payroll', '--json');
    expect(rotatedKeySchema.parse(JSON.parse(stdout))).toMatchObject({
      newestVersion: 3,
      currentVersion: 3,
    });
  });

  it('a key manager that lets the new version encrypt later → says so, and which it is', async () => {
    const { type, keys } = await served();
    const describe = keys.describeKeyAnew.bind(keys);
    keys.describeKeyAnew = async (id, call) => {
      const key = await describe(id, call);
      return { ...key, current: key.versions.get(1) };
    };
    const { stdout } = await type('rotate', 'payroll');
    expect(stdout).toMatch(/^Rotated\. Version 2 is made, and encrypts as soon as/);
  });

  it('a state that does not allow an act → says which states do', async () => {
    const { type } = await served();
    await type('disable', 'payroll');
    const { code, stderr } = await type('rotate', 'payroll');
    expect(code).toBe(1);
    expect(stderr).toContain('payroll is Disabled, and rotate needs a key that is Enabled.');
  });
});

describe('keys rotation', () => {
  it.each([
    [['--every', '89'], '90 to 2560'],
    [['--every', '2561'], '90 to 2560'],
    [['--every', '9'], '90 to 2560'],
    [['--every', '365d'], '"365d"'],
    [['--every', 'yearly'], 'quarterly'],
    [['--every', 'monthly', '--time-zone', 'Mars/Phobos'], '"Mars/Phobos" is no time zone'],
    [['--every', '365', '--time-zone', 'Europe/Berlin'], '--time-zone goes with'],
    [['--off', '--time-zone', 'Europe/Berlin'], '--time-zone goes with'],
    [['--off', '--every', '365'], 'either'],
    [[], 'either'],
  ])('%j → a usage error that says what is allowed', async (options, allowed) => {
    const { type } = await served();
    const { code, stderr } = await type('rotation', 'payroll', ...options);
    expect(code).toBe(2);
    expect(stderr).toContain(allowed);
  });
});

describe('acts that ask for confirmation', () => {
  it.each([
    ['an unknown key', 1, ['schedule-deletion', 'nope'], 'There is no key "nope"'],
    ['an alias', 1, ['schedule-deletion', 'pay'], 'alias of the key payroll'],
    ['too few days', 2, ['schedule-deletion', 'payroll', '--days', '6'], 'from 7 to 30'],
    ['too many days', 2, ['schedule-deletion', 'payroll', '--days', '31'], 'from 7 to 30'],
    ['a state', 1, ['schedule-deletion', 'waiting'], 'is PendingDeletion'],
    ['other material', 1, ['delete-imported-material', 'payroll'], 'was not imported'],
    ['no material', 1, ['delete-imported-material', 'empty'], 'has no imported material'],
    ['too short a time', 2, ['retire-version', 'payroll', '1', '--unused-days', '89'], 'from 90'],
    ['use', 1, ['retire-version', 'payroll', '1', '--unused-days', '90'], 'nobody knows'],
    ['an unknown version', 1, ['retire-version', 'payroll', '9', '--unused-days', '90'], 'no mat'],
  ])('refused for %s → said before anybody is asked', async (_reason, code, words, said) => {
    const { type, acts } = await served();
    const store = ['--key-store', 'production'];
    await type('rotate', 'payroll');
    await type('alias', 'create', 'pay', '--target', 'payroll', ...store);
    await type('create', 'waiting', ...store);
    await type('schedule-deletion', 'waiting', '--yes');
    await type('create', 'empty', ...store, '--origin', 'external');
    const done = acts.length;
    const refused = await type(...words, ...store);
    expect(refused.code).toBe(code);
    expect(refused.stderr.toLowerCase()).toContain(said.toLowerCase());
    expect(refused.stderr).not.toMatch(/--yes|audit log/);
    expect(acts).toHaveLength(done);
  });

  it('nothing stands in the way → nobody is there to confirm it, and nothing is done', async () => {
    const { type } = await served();
    const { code, stderr } = await type('schedule-deletion', 'payroll');
    expect({ code, stderr }).toMatchObject({ code: 2, stderr: expect.stringContaining('--yes') });
    const { stdout } = await type('show', 'payroll', '--json');
    expect(keySchema.parse(JSON.parse(stdout)).state).toBe('Enabled');
  });
});

describe('keys certificate', () => {
  it('an unknown key → there is none, and not: it is not destroyed', async () => {
    const { type } = await served();
    const { code, stderr } = await type('certificate', 'nope', '--key-store', 'production');
    expect(code).toBe(1);
    expect(stderr.toLowerCase()).toContain('there is no key "nope"');
  });
});

describe('keys import', () => {
  it.each([
    ['a file that is not there', 'none.bin', 'there is no such file'],
    ['a folder', 'folder', 'it is a folder'],
  ])('%s → a usage error that names it', async (_title, name, reason) => {
    const { type } = await served();
    const folder = temporaryFolder();
    const path = join(folder, name);
    mkdirSync(join(folder, 'folder'));
    writeFileSync(join(folder, 'token'), 'x');
    const words = ['import', 'payroll', '--material', path, '--token', join(folder, 'token')];
    const { code, stderr } = await type(...words);
    expect(code).toBe(2);
    expect(stderr).toContain(`the wrapped material cannot be read from ${path}: ${reason}.`);
  });

  it.each(['2027-02-29', '2027-02-30', '2027-04-31T08:00Z', '2027-13-01', '2027-00-10'])(
    '--expires %s, which no calendar has → a usage error, and nothing is imported',
    async (day) => {
      const { type, acts } = await served();
      const done = acts.length;
      const words = ['import', 'payroll', '--material', 'm', '--token', 't', '--expires', day];
      const { code, stderr } = await type(...words);
      expect(code).toBe(2);
      expect(stderr).toContain('--expires');
      expect(acts).toHaveLength(done);
    },
  );

  it('--expires 2028-02-29, a leap day → taken as a day', async () => {
    const { type } = await served();
    const words = ['import', 'payroll', '--material', 'm', '--token', 't'];
    const { stderr } = await type(...words, '--expires', '2028-02-29');
    expect(stderr).toContain('the wrapped material cannot be read from m');
  });
});

describe('keys versions', () => {
  it('a key without any → a sentence', async () => {
    const { type } = await served();
    await type('create', 'empty', '--key-store', 'production', '--origin', 'external');
    const { stdout } = await type('versions', 'empty', '--key-store', 'production');
    expect(stdout).toBe('No versions: no material was imported yet.\n');
  });
});
