import { describe, expect, it } from 'vitest';
import { usersOf } from '../../../src/composition/key-users.js';
import { runServer } from '../../support/audit-log-folder.js';
import { auditRecords } from '../../support/audit-records.js';
import { temporaryFolder } from '../../support/temporary-folder.js';

const asked = { keyManager: 'files', externalKeyId: 'nobody-uses-it' };

describe('the users of a key', () => {
  it('a log that begins later than it is asked for → says from when on it can tell', async () => {
    const directory = temporaryFolder();
    await runServer({ directory, records: 20 });
    const [first] = await auditRecords(directory);
    const found = await usersOf(directory, { ...asked, fromMs: 0 });
    expect(found).toEqual({ auditLog: 'read', problems: [], users: [], from: first?.time });
  });

  it('a log that has begun before → nothing stands in the way of the time that is asked for', async () => {
    const directory = temporaryFolder();
    await runServer({ directory, records: 20 });
    const found = await usersOf(directory, { ...asked, fromMs: Date.now() + 1000 });
    expect(found).toEqual({ auditLog: 'read', problems: [], users: [] });
  });

  it('no log, or none that can be read → says so', async () => {
    expect(await usersOf(undefined, { ...asked, fromMs: 0 })).toMatchObject({ auditLog: 'none' });
    const missing = `${temporaryFolder()}/none`;
    expect(await usersOf(missing, { ...asked, fromMs: 0 })).toMatchObject({
      auditLog: 'unreadable',
    });
  });
});
