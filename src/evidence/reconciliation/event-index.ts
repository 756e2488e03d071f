import type { ExpectedCall, KmsEvent } from './cloudtrail/kms-event.js';

/** A call that an event leads to, and how often it has been found in the audit log. */
export interface IndexedCall extends ExpectedCall {
  found: number;
}

/** An event that waits for its calls. */
export interface IndexedEvent extends Omit<KmsEvent, 'calls'> {
  readonly calls: readonly IndexedCall[];
}

/**
 * Events by request id, each once: CloudTrail repeats events now and then, and a call with a key of
 * another account stands in the trails of both. About 0.5 KB of memory an event.
 */
export class EventIndex {
  readonly #byRequestId = new Map<string, readonly IndexedEvent[]>();
  /** The same few ARNs and names come again and again, and are kept once. */
  readonly #texts = new Map<string, string>();
  #size = 0;
  #repeats = 0;

  /** Events, those that came again not counted. */
  get size(): number {
    return this.#size;
  }

  /** Events that came again. */
  get repeats(): number {
    return this.#repeats;
  }

  /** Events of a request id: one, unless two operations share it. */
  withRequestId(requestId: string): readonly IndexedEvent[] {
    return this.#byRequestId.get(requestId) ?? [];
  }

  /** Every event, in the order in which they came. */
  *[Symbol.iterator](): Generator<IndexedEvent, void, undefined> {
    for (const events of this.#byRequestId.values()) yield* events;
  }

  /** Adds an event, or what it says more than the one that is there. */
  add(event: KmsEvent): void {
    const { requestId, eventName } = event;
    const present = this.withRequestId(requestId);
    const same = present.find((other) => other.eventName === eventName);
    if (same === undefined) {
      this.#size += 1;
      this.#byRequestId.set(requestId, [...present, this.#indexed(event)]);
      return;
    }
    this.#repeats += 1;
    const others = present.filter((other) => other !== same);
    this.#byRequestId.set(requestId, [...others, merge(same, this.#indexed(event))]);
  }

  #indexed(event: KmsEvent): IndexedEvent {
    return {
      ...event,
      eventName: this.#once(event.eventName),
      account: this.#once(event.account),
      region: this.#once(event.region),
      principal: this.#once(event.principal),
      errorCode: this.#once(event.errorCode),
      calls: event.calls.map(({ operation, key }) => ({
        operation,
        key: this.#once(key),
        found: 0,
      })),
      externalKeyIds: event.externalKeyIds.map((id) => this.#once(id)),
      customKeyStoreIds: event.customKeyStoreIds.map((id) => this.#once(id)),
    };
  }

  #once<Text extends string | undefined>(text: Text): Text {
    if (text === undefined) return text;
    const known = this.#texts.get(text);
    if (known !== undefined) return known as Text;
    this.#texts.set(text, text);
    return text;
  }
}

/** The event for the key's owner tells the key, and the one for the caller's account the caller. */
function merge(first: IndexedEvent, second: IndexedEvent): IndexedEvent {
  return {
    ...first,
    principal: moreTelling(first.principal, second.principal),
    calls: first.calls.map((call, at) => ({ ...call, key: call.key ?? second.calls[at]?.key })),
    externalKeyIds: [...new Set([...first.externalKeyIds, ...second.externalKeyIds])],
    customKeyStoreIds: [...new Set([...first.customKeyStoreIds, ...second.customKeyStoreIds])],
    ofExternalKeyStore: first.ofExternalKeyStore || second.ofExternalKeyStore,
  };
}

function moreTelling(one: string | undefined, other: string | undefined): string | undefined {
  return other?.startsWith('arn:') === true && one?.startsWith('arn:') !== true ? other : one;
}
