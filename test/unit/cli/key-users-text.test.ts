import { describe, expect, it } from 'vitest';
import type { KeyUsers } from '../../../src/admin/contract/key-deletion.js';
import { usersText } from '../../../src/cli/key-users-text.js';

const USER = { operation: 'Decrypt', requests: 7, lastAt: '2026-11-28T12:00:00.000Z' };
const USERS: KeyUsers = {
  from: '2026-08-30T12:00:00.000Z',
  ...{ aliases: [], formerAliases: [], problems: [], unreadReplicas: [] },
  auditLog: 'read',
  users: [USER],
};

describe('what a person is told before a key is deleted', () => {
  it.each(['\n', '\r\n', '\u001B[2J', '\u2028', '\u202E'])(
    'a principal with %j in its name → one line, spelled out',
    (control) => {
      const awsPrincipalArn = `arn:aws:iam::1:user/x${control}This log has no use of the key.`;
      const text = usersText('payroll', { ...USERS, users: [{ ...USER, awsPrincipalArn }] });
      const plain = usersText('payroll', { ...USERS, users: [{ ...USER, awsPrincipalArn: 'x' }] });
      expect(text.split('\n')).toHaveLength(plain.split('\n').length);
      expect(text).not.toContain(control === '\n' ? 'x\n' : control);
    },
  );

  it('aliases that have pointed to it before → named apart from those that do', () => {
    const text = usersText('payroll', { ...USERS, aliases: ['now'], formerAliases: ['then'] });
    expect(text).toMatch(
      /^Aliases of payroll: now\.\nAliases that have pointed to it before.*then\.\n/,
    );
  });
});
