import type { KmsEvent } from './cloudtrail/kms-event.js';

/** The part that many events have in common. */
export type EventContents = Omit<KmsEvent, 'requestId' | 'time' | 'ofExternalKeyStore'>;

/** The caller, and whether KMS refused. */
export type Caller = Pick<EventContents, 'principal' | 'errorCode'>;

/** The act, and its key. */
export type Act = Omit<EventContents, keyof Caller>;

/**
 * Keeps the two halves of what events say, each once: keys are few, and callers as well, but there
 * are many pairs of them.
 */
export class ContentsPool {
  readonly #acts = new Map<string, Act>();
  readonly #callers = new Map<string, Caller>();

  /** Takes the act out of an event, shared with equal ones. */
  act({ principal: _, errorCode: __, ...act }: EventContents): Act {
    return once(this.#acts, act);
  }

  /** Takes the caller out of an event, shared with equal ones. */
  caller({ principal, errorCode }: EventContents): Caller {
    return once(this.#callers, { principal, errorCode });
  }

  /** Ids of custom key stores, in order. */
  customKeyStoreIds(): readonly string[] {
    const ids = [...this.#acts.values()].flatMap(({ customKeyStoreIds }) => customKeyStoreIds);
    return [...new Set(ids)].sort();
  }
}

function once<Part>(parts: Map<string, Part>, part: Part): Part {
  const text = JSON.stringify(part);
  const known = parts.get(text);
  if (known !== undefined) return known;
  // Parsed anew, for the reason of copied().
  const kept = JSON.parse(text) as Part;
  parts.set(text, kept);
  return kept;
}

/**
 * Copies a text to memory of its own. One that was cut out of another, as parsers do, keeps all of
 * that in memory: of a file, 64 KB for each request id.
 */
export function copied(text: string): string {
  return Buffer.from(text).toString();
}
