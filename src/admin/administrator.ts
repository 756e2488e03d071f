import { readFileSync } from 'node:fs';
import type { FieldsOf } from '../audit/record/index.js';
import { findUser } from '../shared/system-users.js';

/**
 * The person or program that asks the admin API for something, with place and means, as the audit
 * log has it.
 */
export type Administrator = Required<Pick<FieldsOf<'administrative-act'>, 'by' | 'from' | 'with'>>;

/**
 * The process on the other end of the admin socket as it was when it connected, by the kernel's
 * word.
 */
export interface SocketClient {
  readonly uid: number;
  readonly gid: number;
  /** Absent where the system does not tell it, or the process is of another container. */
  readonly processId: number | undefined;
}

/** The kernel's login uid of a process that no login has begun: −1. */
const NOT_LOGGED_IN = 2 ** 32 - 1;

/**
 * Finds out who speaks on the admin socket. Nothing of it is the client's own word.
 *
 * @param client undefined where the system does not tell: then whoever could open the socket
 */
export async function administratorOf(client: SocketClient | undefined): Promise<Administrator> {
  const from = 'local';
  if (client === undefined) {
    return { by: 'admin-socket', from, with: { means: 'admin-socket' } };
  }
  const { uid, gid, processId } = client;
  const loginUid = processId === undefined ? undefined : readLoginUid(processId);
  return {
    by: await nameOf(uid),
    from,
    with: {
      means: 'admin-socket',
      uid,
      gid,
      processId,
      loginUid,
      loginUser: loginUid === undefined ? undefined : await nameOf(loginUid),
    },
  };
}

async function nameOf(uid: number): Promise<string> {
  return (await findUser(uid))?.name ?? `uid ${uid}`;
}

/**
 * Reads who logged in, whoever the process has become since (sudo, su).
 *
 * @see proc_pid_loginuid(5)
 */
function readLoginUid(processId: number): number | undefined {
  try {
    const uid = Number(readFileSync(`/proc/${processId}/loginuid`, 'utf8'));
    return uid === NOT_LOGGED_IN ? undefined : uid;
  } catch {
    return undefined;
  }
}
