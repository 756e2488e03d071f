import type { Clock } from '../shared/clock.js';
import type { Authorizer } from './authorizer.js';
import type { Decision } from './decision.js';
import type { PolicyCounts } from './policy-counts.js';
import type { AuthorizationRequest } from './request.js';

/** The time that may be saved up, in ms: as much as an evaluation of many policies takes. */
const MAX_SAVED_MS = 20;
/** The decisions that may wait to be compared. */
const MAX_WAITING = 100;

/** A request over which the candidate decides otherwise. */
export interface ShadowDifference {
  readonly request: AuthorizationRequest;
  readonly inForce: Decision;
  readonly candidate: Decision;
  /** KMS's name for the request, by which its record is found. */
  readonly kmsRequestId: string | undefined;
}

/** A request that has been answered, with what was decided over it. */
export type ShadowedRequest = Omit<ShadowDifference, 'candidate'>;

/** The parts of a shadow. */
export interface ShadowPorts {
  readonly candidate: Authorizer;
  readonly samplePercent: number;
  readonly cpuPercent: number;
  readonly counts: PolicyCounts;
  readonly clock: Pick<Clock, 'monotonic'>;
  /** From 0 to 1, never 1. */
  readonly random: () => number;
  readonly onDifference: (difference: ShadowDifference) => void;
}

/**
 * A candidate that is evaluated beside the policies in force. Requests are taken by chance, after
 * their answers, and no more of them than a part of a processor can compare.
 */
export class Shadow {
  readonly #ports: ShadowPorts;
  readonly #waiting: ShadowedRequest[] = [];
  #savedMs = MAX_SAVED_MS;
  #savedAt: number;
  #isClosed = false;

  constructor(ports: ShadowPorts) {
    this.#ports = ports;
    this.#savedAt = ports.clock.monotonic();
  }

  /** Compares the decision over a request that has been answered, once nothing else is to do. */
  note(shadowed: ShadowedRequest): void {
    const { random, samplePercent, counts } = this.#ports;
    if (samplePercent < 100 && random() * 100 >= samplePercent) return;
    if (this.#waiting.length >= MAX_WAITING) {
      counts.shadowSkipped += 1;
      return;
    }
    this.#waiting.push(shadowed);
    if (this.#waiting.length === 1) this.#later();
  }

  /** Compares no more: the candidate is about to be freed. */
  close(): void {
    this.#isClosed = true;
    this.#waiting.length = 0;
  }

  #later(): void {
    setImmediate(() => {
      this.#next();
    });
  }

  /** One a turn of the event loop, so that requests are served in between. */
  #next(): void {
    const noted = this.#waiting.shift();
    if (noted === undefined || this.#isClosed) return;
    if (this.#waiting.length > 0) this.#later();
    this.#compare(noted);
  }

  #compare(shadowed: ShadowedRequest): void {
    const { candidate, cpuPercent, counts, clock, onDifference } = this.#ports;
    const begunAt = clock.monotonic();
    this.#savedMs += (begunAt - this.#savedAt) * (cpuPercent / 100);
    this.#savedMs = Math.min(this.#savedMs, MAX_SAVED_MS);
    this.#savedAt = begunAt;
    if (this.#savedMs <= 0) {
      counts.shadowSkipped += 1;
      return;
    }
    const decision = candidate.decide(shadowed.request);
    this.#savedMs -= clock.monotonic() - begunAt;
    counts.shadowCompared += 1;
    if (decision.decision === shadowed.inForce.decision) return;
    if (decision.decision === 'allowed') counts.shadowWouldAllow += 1;
    else counts.shadowWouldDeny += 1;
    onDifference({ ...shadowed, candidate: decision });
  }
}
