import { readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { CursorFile } from '../../../../../src/audit/sinks/syslog/cursor-file.js';
import { temporaryFolder } from '../../../../support/temporary-folder.js';

describe('CursorFile', () => {
  it('no file → the beginning of the log', async () => {
    const cursor = new CursorFile(join(temporaryFolder(), 'sinks', 'siem.json'));
    expect(await cursor.read()).toEqual({ record: 0, checkpoint: 0 });
  });

  it('saved → read by the next one, and closed to other users', async () => {
    const folder = join(temporaryFolder(), 'sinks');
    const path = join(folder, 'siem.json');
    await new CursorFile(path).save({ record: 7, checkpoint: 5 });
    expect(readFileSync(path, 'utf8')).toBe('{"record":7,"checkpoint":5}\n');
    expect(await new CursorFile(path).read()).toEqual({ record: 7, checkpoint: 5 });
    expect(statSync(path).mode & 0o777).toBe(0o600);
    expect(statSync(folder).mode & 0o777).toBe(0o700);
  });

  it('what a crash has left of a write → removed', async () => {
    const folder = temporaryFolder();
    writeFileSync(join(folder, 'siem.json.abc.tmp'), '{"rec');
    await new CursorFile(join(folder, 'siem.json')).read();
    expect(readdirSync(folder)).toEqual([]);
  });

  it.each([
    ['cut', '{"record":7,"check', 'SyntaxError'],
    ['of another kind', '{"record":-1,"checkpoint":0}', 'ZodError'],
  ])('a file that is %s → said', async (_, contents, name) => {
    const path = join(temporaryFolder(), 'siem.json');
    writeFileSync(path, contents);
    await expect(new CursorFile(path).read()).rejects.toMatchObject({ name });
  });
});
