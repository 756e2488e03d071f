import type { ExpectedCall, KmsEvent } from './cloudtrail/kms-event.js';
import {
  type Act,
  type Caller,
  ContentsPool,
  copied,
  type EventContents,
} from './contents-pool.js';
import { ReconciliationInputError } from './input-error.js';

/** Maximum entries of a Map. */
const MAX_EVENTS = 2 ** 24;
const TOO_MANY_EVENTS =
  'there are more than 16 million events: compare shorter periods with --from and --to';

/** The two parts of an event. */
interface Halves {
  readonly act: Act;
  readonly caller: Caller;
}

/** An event that waits for its calls. There are millions of them, so it is small. */
export class IndexedEvent {
  readonly requestId: string;
  /** In whole seconds, as milliseconds since 1970. */
  readonly time: number;
  act: Act;
  caller: Caller;
  // No event has more than two calls.
  #first = 0;
  #second = 0;
  #firstInput: string | undefined;
  #secondInput: string | undefined;

  constructor(requestId: string, time: number, { act, caller }: Halves) {
    this.requestId = requestId;
    this.time = time;
    this.act = act;
    this.caller = caller;
  }

  /** Number of times that the call at this place among the event's calls was found. */
  found(at: number): number {
    return at === 0 ? this.#first : this.#second;
  }

  /**
   * Notes that a call of the event was found, for the first time or again with the same input.
   *
   * @param input digest of what the call was to work on
   * @returns false for one with another input: the event does not stand for both
   */
  find(at: number, input: string): boolean {
    if (at === 0) {
      this.#firstInput ??= input;
      if (this.#firstInput !== input) return false;
      this.#first += 1;
      return true;
    }
    this.#secondInput ??= input;
    if (this.#secondInput !== input) return false;
    this.#second += 1;
    return true;
  }
}

/**
 * Events by request id, each once: CloudTrail repeats events now and then, and a call with a key of
 * another account stands in the trails of both. Takes about 270 bytes of memory an event, with its
 * call.
 */
export class EventIndex {
  readonly #byRequestId = new Map<string, IndexedEvent | readonly IndexedEvent[]>();
  readonly #contents = new ContentsPool();
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
    const present = this.#byRequestId.get(requestId) ?? [];
    return present instanceof IndexedEvent ? [present] : present;
  }

  /** Ids of custom key stores that events have, in order. */
  customKeyStoreIds(): readonly string[] {
    return this.#contents.customKeyStoreIds();
  }

  /** The events, in the order in which they came. */
  *[Symbol.iterator](): Generator<IndexedEvent, void, undefined> {
    for (const present of this.#byRequestId.values()) {
      if (present instanceof IndexedEvent) yield present;
      else yield* present;
    }
  }

  /**
   * Adds an event, or what it says more than the one that is there.
   *
   * @throws ReconciliationInputError for too many
   */
  add({ requestId, time, ofExternalKeyStore: _, ...contents }: KmsEvent): void {
    const present = this.withRequestId(requestId);
    const same = present.find(({ act }) => act.eventName === contents.eventName);
    if (same !== undefined) {
      this.#repeats += 1;
      const merged = merge({ ...same.act, ...same.caller }, contents);
      same.act = this.#contents.act(merged);
      same.caller = this.#contents.caller(merged);
      return;
    }
    if (this.#byRequestId.size >= MAX_EVENTS) throw new ReconciliationInputError(TOO_MANY_EVENTS);
    this.#size += 1;
    const id = copied(requestId);
    const event = new IndexedEvent(id, time, this.#halves(contents));
    this.#byRequestId.set(id, present.length === 0 ? event : [...present, event]);
  }

  #halves(contents: EventContents): Halves {
    return { act: this.#contents.act(contents), caller: this.#contents.caller(contents) };
  }
}

/** The event for the key's owner tells the key, and the one for the caller's account the caller. */
function merge(first: EventContents, second: EventContents): EventContents {
  return {
    ...first,
    principal: moreTelling(first.principal, second.principal),
    calls: first.calls.map((call, at) => withKey(call, second.calls[at])),
    externalKeyIds: [...new Set([...first.externalKeyIds, ...second.externalKeyIds])],
    customKeyStoreIds: [...new Set([...first.customKeyStoreIds, ...second.customKeyStoreIds])],
  };
}

function withKey(call: ExpectedCall, other: ExpectedCall | undefined): ExpectedCall {
  return { operation: call.operation, key: call.key ?? other?.key };
}

function moreTelling(one: string | undefined, other: string | undefined): string | undefined {
  return other?.startsWith('arn:') === true && one?.startsWith('arn:') !== true ? other : one;
}
