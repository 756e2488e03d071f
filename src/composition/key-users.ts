import type { AskedKey, FoundUsers } from '../admin/in-force.js';
import { exactly } from '../evidence/search/condition.js';
import { search } from '../evidence/search/search.js';
import type { SearchEvent } from '../evidence/search/search-log.js';
import { messageOf } from '../shared/reason-of.js';

/** The users that are told one by one. */
const MAX_USERS = 200;

/**
 * Finds out what has used a key, by this replica's audit log. What could not be read is said.
 *
 * @param directory of the log; undefined where there is none
 */
export async function usersOf(
  directory: string | undefined,
  { keyManager, externalKeyId, fromMs }: AskedKey,
): Promise<FoundUsers> {
  if (directory === undefined) return { auditLog: 'none', problems: [], users: [] };
  // Each is met twice: once by the key's own id, once by its aliases.
  const met = new Set<string>();
  const users = new Map<string, FoundUsers['users'][number]>();
  let from: string | undefined;
  try {
    from = await beginningAfter(fromMs, directory);
    // By the key's own id, and by the aliases that have pointed to it.
    for (const field of ['externalKeyId', 'targetKeyId']) {
      const conditions = [exactly(field, externalKeyId), exactly('keyManager', keyManager)];
      const filter = { conditions, fromMs, toMs: undefined };
      const hits = search([directory], filter, {
        threads: 1,
        notify: (event) => {
          met.add(`${event.segment}: ${reasonOf(event)}`);
        },
      });
      for await (const { record } of hits) {
        if (record.type === 'key-operation') count(users, record);
      }
    }
  } catch (error) {
    const reason = messageOf(error);
    return { auditLog: 'unreadable', problems: [...met, reason], users: [...users.values()] };
  }
  const problems = [...met];
  const found = [...users.values()].sort((a, b) => (a.lastAt < b.lastAt ? 1 : -1));
  if (found.length > MAX_USERS)
    problems.push(`only ${MAX_USERS} of ${found.length} users are told`);
  const auditLog = problems.length > 0 ? 'read-in-part' : 'read';
  return { auditLog, problems, users: found.slice(0, MAX_USERS), ...(from && { from }) };
}

/** The time of a log's first record, where that is later: of the time before it nobody can tell. */
async function beginningAfter(fromMs: number, directory: string): Promise<string | undefined> {
  const everything = { conditions: [], fromMs: undefined, toMs: undefined };
  const hits = search([directory], everything, { threads: 1, notify: () => undefined });
  for await (const { record } of hits) {
    return Date.parse(record.time) > fromMs ? record.time : undefined;
  }
  return undefined;
}

function reasonOf(event: SearchEvent): string {
  if (event.kind === 'unreadable') return event.reason;
  return event.count === 1 ? 'a line is no record' : `${event.count} lines are no records`;
}

/** A record of a request, as far as it says who used a key. */
interface UseRecord {
  readonly time: string;
  readonly operation?: string | undefined;
  readonly result: string;
  readonly awsPrincipalArn?: string | undefined;
  readonly kmsViaService?: string | undefined;
}

function count(users: Map<string, FoundUsers['users'][number]>, record: UseRecord): void {
  const { operation, result, awsPrincipalArn, kmsViaService, time } = record;
  const isUse = operation === 'Encrypt' || operation === 'Decrypt';
  if (!isUse || result !== 'success') return;
  const id = JSON.stringify([operation, awsPrincipalArn, kmsViaService]);
  const requests = (users.get(id)?.requests ?? 0) + 1;
  users.set(id, { operation, awsPrincipalArn, kmsViaService, requests, lastAt: time });
}
