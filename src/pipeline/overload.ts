import type { AuditTimeoutError } from '../audit/trail/errors.js';
import type { Clock } from '../shared/clock.js';
import { BodyError, type IncomingCall } from './call.js';
import { LoadShares } from './load-shares.js';
import { ThrottledError } from './throttled.js';

/**
 * Waiting time from which on everybody is refused. KMS gives up after 250 ms, network included, and
 * a record that has to be on the disk takes its own time after the wait.
 */
const TOO_LATE_MS = { written: 100, synced: 50 } as const;

/** A timer that is so late tells that the process was. */
const STALLED_MS = 20;

/**
 * Refuses what would be answered too late. In a queue that is longer than KMS waits, whoever is
 * served in the order of arrival is served too late, every one of them; a refusal at once leaves
 * the time to those who can still be served.
 */
export class Overload {
  readonly #shares: LoadShares;
  readonly #tooLateMs: number;
  /** Requests at each key manager. */
  readonly #atKeyManagers = new Map<string, number>();

  /** @param durability of the audit log's records; as good as written where there is none */
  constructor(clock: Clock, durability: keyof typeof TOO_LATE_MS = 'written') {
    this.#shares = new LoadShares(clock);
    this.#tooLateMs = TOO_LATE_MS[durability];
  }

  /**
   * Refuses a request that has waited too long already, before anything is done for it.
   *
   * @throws ThrottledError
   */
  assertInTime(call: Pick<IncomingCall, 'isTurnedAway' | 'waitedMs'>): void {
    if (call.isTurnedAway) throw tooManyAtOnce();
    const waitedMs = call.waitedMs();
    if (waitedMs > this.#tooLateMs) throw refused(`it has waited for ${Math.round(waitedMs)} ms`);
  }

  /**
   * The refusal of a request whose time has passed before anything could be done for it: where it
   * came whole, it was this process that had no time.
   */
  late({ cameWhole }: Pick<IncomingCall, 'cameWhole'>): Error {
    return cameWhole ? refused('it was not looked at in time') : new BodyError('too-late');
  }

  /**
   * The error for an answer whose record was not there in time: where the request lay unseen in a
   * busy process, or that had no time at the end, the process was late, and not the disk.
   */
  lateRecord({ unseenMs }: Pick<IncomingCall, 'unseenMs'>, error: AuditTimeoutError): Error {
    const { overdueMs, message } = error;
    if (unseenMs > 0) {
      return refused(`it lay unseen for ${Math.round(unseenMs)} ms, and ${message}`);
    }
    if (overdueMs < STALLED_MS) return error;
    return refused(`this process was ${Math.round(overdueMs)} ms late to see that ${message}`);
  }

  /**
   * Refuses requests of the accounts that send most, while others wait too.
   *
   * @throws ThrottledError
   */
  assertFair({ account, keyManager, queueLimit }: Weighed): void {
    const sendsMore = this.#shares.note(account);
    if (!sendsMore) return;
    const atWork = this.#atKeyManagers.get(keyManager) ?? 0;
    if (atWork <= queueLimit) return;
    throw refused(
      `${atWork} requests are at the key manager, most of them of the account ${account}`,
    );
  }

  /** A request goes to its key manager. */
  begin(keyManager: string): void {
    this.#atKeyManagers.set(keyManager, 1 + (this.#atKeyManagers.get(keyManager) ?? 0));
  }

  /** A request comes back from its key manager. */
  end(keyManager: string): void {
    const left = (this.#atKeyManagers.get(keyManager) ?? 1) - 1;
    if (left === 0) this.#atKeyManagers.delete(keyManager);
    else this.#atKeyManagers.set(keyManager, left);
  }
}

/** A request as its account's share is weighed. */
interface Weighed {
  readonly account: string;
  readonly keyManager: string;
  /** Requests at the key manager beyond which its queue fills. */
  readonly queueLimit: number;
}

/** The refusal of a request that the listener has no time for. */
export function tooManyAtOnce(): ThrottledError {
  return refused('too many requests have come at once');
}

function refused(why: string): ThrottledError {
  const message = 'The external key store proxy cannot keep up.';
  return new ThrottledError('overload', message, `overload: ${why}`);
}
