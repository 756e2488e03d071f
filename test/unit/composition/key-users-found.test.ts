import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { usersOf } from '../../../src/composition/key-users.js';
import { temporaryFolder } from '../../support/temporary-folder.js';
import { lineOf, operation, timeAt, writeSegment } from '../evidence/search/log-folder.js';

const ARN = 'arn:aws:iam::1:role/a';
const asked = { keyManager: 'files', externalKeyId: 'payroll', fromMs: Date.parse(timeAt(1)) };
const use = (sequence: number, fields: object = {}) =>
  lineOf(operation(sequence, { keyManager: 'files', awsPrincipalArn: ARN, ...fields }));

function logOf(...segments: readonly (readonly string[])[]): string {
  const folder = temporaryFolder();
  let first = 0;
  for (const lines of segments) {
    writeSegment(folder, { first, lines });
    first += lines.length;
  }
  return folder;
}

describe('usersOf', () => {
  it('uses by the own id and by an alias, from the date on → who, what, how often, when last', async () => {
    const folder = logOf([
      use(0),
      use(1),
      use(2, { kmsViaService: 's3' }),
      use(3, { externalKeyId: 'alias', targetKeyId: 'payroll', operation: 'Decrypt' }),
      use(4),
    ]);
    const told = { awsPrincipalArn: ARN, operation: 'Encrypt' };
    expect(await usersOf(folder, asked)).toEqual({
      auditLog: 'read',
      problems: [],
      users: [
        { ...told, kmsViaService: undefined, requests: 2, lastAt: timeAt(4) },
        { ...told, kmsViaService: undefined, operation: 'Decrypt', requests: 1, lastAt: timeAt(3) },
        { ...told, kmsViaService: 's3', requests: 1, lastAt: timeAt(2) },
      ],
    });
  });

  it.each([
    ['another key', { externalKeyId: 'payroll-2027' }],
    ['a key of another key manager', { keyManager: 'hsm' }],
    ['a refused request', { result: 'failure', errorName: 'AccessDeniedException' }],
    ['a look at its metadata', { operation: 'GetKeyMetadata' }],
  ])('%s → no use', async (_title, fields) => {
    expect(await usersOf(logOf([use(1, fields)]), asked)).toMatchObject({
      auditLog: 'read',
      users: [],
    });
  });

  it('a star at the end of an id → no prefix', async () => {
    const folder = logOf([use(1), use(2, { externalKeyId: 'pay*' })]);
    const { users } = await usersOf(folder, { ...asked, externalKeyId: 'pay*' });
    expect(users).toMatchObject([{ requests: 1, lastAt: timeAt(2) }]);
    const elsewhere = await usersOf(logOf([use(1)]), { ...asked, keyManager: 'fil*' });
    expect(elsewhere.users).toEqual([]);
  });

  it('no log configured → none, and not that nothing was found', async () => {
    expect(await usersOf(undefined, asked)).toMatchObject({ auditLog: 'none' });
  });

  it.each([
    ['a folder that is not there', (folder: string) => join(folder, 'missing')],
    [
      'a file in its place',
      (folder: string) => {
        writeFileSync(join(folder, 'audit'), '');
        return join(folder, 'audit');
      },
    ],
    ['a folder without a log', (folder: string) => folder],
  ])('%s → unreadable, with the reason', async (_title, place) => {
    const found = await usersOf(place(temporaryFolder()), asked);
    expect(found).toMatchObject({ auditLog: 'unreadable', users: [] });
    expect(found.problems).toEqual([expect.stringMatching(/\S/)]);
  });

  it.each([
    [
      'a segment that is no file',
      (path: string) => {
        mkdirSync(path);
      },
    ],
    [
      'a segment that is no gzip',
      (path: string) => {
        writeFileSync(`${path}.gz`, 'no gzip');
      },
    ],
    [
      'a segment with a line that is no record',
      (path: string) => {
        writeFileSync(path, `{"payroll files":\n${use(2, { externalKeyId: 'other' })}\n`);
      },
    ],
  ])('%s → read in part, the segment is named once, the rest is told', async (_title, write) => {
    const folder = logOf([use(1)]);
    write(join(folder, '000000000001.jsonl'));
    writeSegment(folder, { first: 3, lines: [use(3)] });
    const found = await usersOf(folder, asked);
    expect(found.auditLog).toBe('read-in-part');
    expect(found.problems).toEqual([expect.stringContaining('000000000001.jsonl')]);
    expect(found.users).toMatchObject([{ requests: 2 }]);
  });

  it('more users than are told → says how many there are', async () => {
    const lines = Array.from({ length: 201 }, (_, at) =>
      use(at + 1, { awsPrincipalArn: `arn:${at}` }),
    );
    const found = await usersOf(logOf(lines), asked);
    expect(found.users).toHaveLength(200);
    expect(found).toMatchObject({
      auditLog: 'read-in-part',
      problems: [expect.stringContaining('201')],
    });
  });
});
