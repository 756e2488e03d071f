import type { KmsEvent } from './cloudtrail/kms-event.js';

/** What many events have in common. */
export type EventContents = Omit<KmsEvent, 'requestId' | 'time' | 'ofExternalKeyStore'>;

/** What was done with which key, and all who did it. */
interface Act {
  readonly contents: Omit<EventContents, 'principal' | 'errorCode'>;
  readonly byCaller: Map<string | undefined, Map<string | undefined, EventContents>>;
}

/**
 * Keeps the contents of events once: the same few come again and again, because keys are few, and
 * callers as well.
 */
export class ContentsPool {
  readonly #acts = new Map<string, Act>();

  /** The contents that say the same. */
  once({ principal, errorCode, ...contents }: EventContents): EventContents {
    const act = this.#act(contents);
    let ends = act.byCaller.get(principal);
    if (ends === undefined) {
      ends = new Map();
      act.byCaller.set(principal && copied(principal), ends);
    }
    let known = ends.get(errorCode);
    if (known === undefined) {
      known = {
        ...act.contents,
        principal: principal && copied(principal),
        errorCode: errorCode && copied(errorCode),
      };
      ends.set(known.errorCode, known);
    }
    return known;
  }

  /** Ids of custom key stores, in order. */
  customKeyStoreIds(): readonly string[] {
    const ids = [...this.#acts.values()].flatMap(({ contents }) => contents.customKeyStoreIds);
    return [...new Set(ids)].sort();
  }

  #act(contents: Act['contents']): Act {
    const text = JSON.stringify(contents);
    const known = this.#acts.get(text);
    if (known !== undefined) return known;
    // Parsed anew, for the reason of copied().
    const act = { contents: JSON.parse(text) as Act['contents'], byCaller: new Map() };
    this.#acts.set(text, act);
    return act;
  }
}

/**
 * A text with memory of its own. One that was cut out of another, as parsers do, keeps all of that
 * in memory: of a file, 64 KB for each request id.
 */
export function copied(text: string): string {
  return Buffer.from(text).toString();
}
