import { KeyManagerError, type KeyManagerErrorCode } from '../../key-managers/backend.js';
import { StateError } from '../../state/errors.js';
import type { Intent, KeyRecord } from '../record.js';
import { LifecycleError } from './lifecycle-error.js';
import { messageOf } from '../../shared/reason-of.js';

/** The time after which the log says again what it has said. */
const LOG_AGAIN_MS = 3_600_000;

const SILENT =
  'Look at why the key manager does not answer (holdfast status, holdfast doctor backend).';

/** The remedies for failures of a key manager. */
const ADVICE: Partial<Readonly<Record<KeyManagerErrorCode, string>>> = {
  unreachable: SILENT,
  deadline: SILENT,
  overloaded: SILENT,
  misconfigured: 'Give Holdfast at the key manager what the message says that it lacks.',
};

/** An act that could not be finished so far. */
export interface StuckAct {
  readonly reason: string;
  /** The advice to whoever looks at it. */
  readonly advice: string;
}

interface NotedAct extends StuckAct {
  /** The time at which the act was begun: another one may have followed it. */
  readonly begunAt: string;
  /** The monotonic time; -Infinity where the log has not told of it. */
  readonly loggedAt: number;
}

/** The acts on the keys of one key manager that this replica could not finish so far. */
export class StuckActs {
  readonly #acts = new Map<string, NotedAct>();

  /** The reason why the act on a key is not finished; undefined where none is known here. */
  of({ externalKeyId, intent }: KeyRecord): StuckAct | undefined {
    const noted = this.#acts.get(externalKeyId);
    return noted?.begunAt === intent?.begun.at ? noted : undefined;
  }

  /** Notes that an act was not finished. */
  note(externalKeyId: string, { begun }: Intent, error: unknown): void {
    const cause = causeOf(error);
    const reason = messageOf(cause);
    const before = this.#acts.get(externalKeyId);
    const loggedAt = before?.reason === reason ? before.loggedAt : -Infinity;
    this.#acts.set(externalKeyId, {
      ...{ reason, advice: adviceFor(cause), begunAt: begun.at, loggedAt },
    });
  }

  /** Tells whether the log is to say it: at first, when the reason changes, and hourly. */
  isToBeLogged(externalKeyId: string, now: number): boolean {
    const noted = this.#acts.get(externalKeyId);
    if (noted === undefined || now - noted.loggedAt < LOG_AGAIN_MS) return false;
    this.#acts.set(externalKeyId, { ...noted, loggedAt: now });
    return true;
  }

  finished(externalKeyId: string): void {
    this.#acts.delete(externalKeyId);
  }
}

/** The failure behind the words that an act is not finished. */
function causeOf(error: unknown): unknown {
  return error instanceof LifecycleError && error.code === 'unfinished' ? error.cause : error;
}

function adviceFor(cause: unknown): string {
  if (cause instanceof StateError) return 'Look at the state store (holdfast status).';
  const advice = cause instanceof KeyManagerError ? ADVICE[cause.code] : undefined;
  return (
    advice ?? 'Look at the key with the tools of its key manager, and mend what the message says.'
  );
}
