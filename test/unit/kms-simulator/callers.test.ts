import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { inspect } from 'node:util';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { keptCaller } from '../../../src/kms-simulator/callers.js';

let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'callers-'));
});

afterEach(async () => {
  await rm(folder, { recursive: true, force: true });
});

describe('the caller of a simulator whose configuration names none', () => {
  it('is made once, and is the same after a restart, in a file that others cannot read', async () => {
    const made = await keptCaller(folder);
    expect(made.accessKeyId).toMatch(/^AKIA[A-Z2-7]{16}$/);
    expect(await keptCaller(folder)).toEqual(made);
    expect((await stat(join(folder, 'caller.json'))).mode & 0o777).toBe(0o600);
  });

  it.each(['canary', '{"accessKeyId":"AKIA","secretAccessKey":"canary-of-a-secret"}'])(
    '%j in its file → an error that names the file, and nothing in it; the file stays',
    async (content) => {
      const path = join(folder, 'caller.json');
      await writeFile(path, content);
      const failure: unknown = await keptCaller(folder).catch((error: unknown) => error);
      expect(inspect(failure)).toContain(`${path} is damaged`);
      expect(inspect(failure)).not.toContain('canary');
      expect(await readFile(path, 'utf8')).toBe(content);
    },
  );
});
