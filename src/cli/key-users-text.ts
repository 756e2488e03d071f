import type { KeyUsers } from '../admin/contract/key-deletion.js';
import { alignColumns } from '../shared/columns.js';
import { printableLine } from '../shared/printable.js';

/**
 * Tells a person who decides on the end of a key what is known of its use, and what is not. Whoever
 * has used it has chosen texts of it, so none may end a line and go on in Holdfast's words.
 */
export function usersText(externalKeyId: string, users: KeyUsers): string {
  const aliases = users.aliases.length === 0 ? 'none' : users.aliases.join(', ');
  const lines = [`Aliases of ${externalKeyId}: ${aliases}.`];
  if (users.formerAliases.length > 0) {
    lines.push(
      `Aliases that have pointed to it before, whose ciphertexts of then need the key: ` +
        `${users.formerAliases.join(', ')}.`,
    );
  }
  lines.push(...logLines(users));
  const rows = users.users.map((user) => [
    ...[user.lastAt, user.operation, String(user.requests)],
    user.awsPrincipalArn ?? 'unknown principal',
    user.kmsViaService ?? '',
  ]);
  if (rows.length > 0) {
    lines.push(...alignColumns([['LAST', 'OPERATION', 'REQUESTS', 'PRINCIPAL', 'VIA'], ...rows]));
  }
  return lines.map((line) => `${printableLine(line)}\n`).join('');
}

function logLines({ auditLog, problems, unreadReplicas, users, from }: KeyUsers): string[] {
  const lines = {
    none: 'This replica has no audit log, so nobody can tell here what has used the key.',
    unreadable:
      'The audit log of this replica could not be read: what has used the key is unknown.',
    'read-in-part': `Use since ${from} by the part of this replica's audit log that could be read:`,
    read:
      users.length === 0
        ? `This replica's audit log has no use of the key since ${from}.`
        : `Use since ${from} by this replica's audit log:`,
  };
  const unread =
    unreadReplicas.length === 0
      ? []
      : [`Not looked at: the audit logs of the replicas ${unreadReplicas.join(', ')}.`];
  return [lines[auditLog], ...problems.map((problem) => `warning: ${problem}`), ...unread];
}
