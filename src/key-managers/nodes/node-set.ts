import type { Clock } from '../../shared/clock.js';
import type { Deadline } from '../../shared/deadline.js';
import {
  type KeyAdministration,
  type KeyDescription,
  KeyManagerError,
  type KeyManagerNode,
  type KeyRef,
  type NodeHealth,
  type Sealed,
} from '../backend.js';
import { proveRoundTrip } from '../health-test.js';
import {
  type KeyManager,
  type KeyManagerCall,
  type NodeName,
  type NodeReport,
  untraced,
} from '../key-manager.js';
import { type MaybePromise, settled } from '../maybe-promise.js';
import { KeyReadings } from '../key-readings.js';
import { withinDeadline } from '../within-deadline.js';
import { checkedAdministration } from './checked-administration.js';
import { GuardedNode, type NodeWork } from './guarded-node.js';
import { HealthMonitor } from './health-monitor.js';
import type { NodeLimits } from './limits.js';
import { isNodeFailure, mayDoElsewhere } from './node-failures.js';

/** Time kept back from every deadline, for the steps after the key manager's answer. */
const ANSWER_MS = 5;
/** A second attempt with less time than this would only add to the load of a node in trouble. */
const MIN_RETRY_MS = 10;
/** Time for a reading that several requests share, so longer than the deadline of each. */
const READING_BUDGET_MS = 1_000;

/** The parts of a key manager. */
export interface NodeSetPorts {
  /** Its name in the configuration. */
  readonly name: string;
  readonly type: string;
  /** At least one, in the order in which they are preferred. */
  readonly nodes: readonly KeyManagerNode[];
  readonly administration: KeyAdministration;
  readonly limits: NodeLimits;
  readonly clock: Clock;
  /** Called when a node's health has changed. */
  readonly onHealthChange: (node: KeyManagerNode, health: NodeHealth) => void;
}

/**
 * A key manager's nodes as one: each call goes to the first node that is well, and once more to
 * another when that one fails, or does not know the key (yet), and the deadline allows it.
 */
export class NodeSetKeyManager implements KeyManager {
  readonly name: string;
  readonly type: string;
  readonly nodes: readonly NodeName[];
  readonly administration: KeyAdministration;
  readonly #guarded: readonly GuardedNode[];
  readonly #limits: NodeLimits;
  readonly #health: HealthMonitor;
  readonly #nodes: readonly KeyManagerNode[];
  readonly #readings: KeyReadings<KeyDescription>;
  readonly #ports: NodeSetPorts;

  constructor(ports: NodeSetPorts) {
    this.#ports = ports;
    const { nodes, clock, limits, onHealthChange } = ports;
    this.name = ports.name;
    this.type = ports.type;
    this.nodes = nodes.map(({ name, location }) => ({ name, location }));
    this.administration = checkedAdministration(ports.administration);
    this.#limits = limits;
    this.#guarded = nodes.map((node) => new GuardedNode(node, limits, clock));
    const checked = this.#guarded.map(({ node }) => node);
    this.#health = new HealthMonitor(checked, clock, onHealthChange);
    this.#nodes = nodes;
    this.#readings = new KeyReadings({
      read: (externalKeyId, deadline) => this.#readAnew(externalKeyId, deadline),
      clock,
      budgetMs: READING_BUDGET_MS,
    });
  }

  describeKey(externalKeyId: string, call: KeyManagerCall): MaybePromise<KeyDescription> {
    return this.#withFailover(call, (node, attempt) => node.describeKey(externalKeyId, attempt));
  }

  async describeKeyAnew(externalKeyId: string, call: KeyManagerCall): Promise<KeyDescription> {
    // Where no node remembers anything now, describing is reading.
    if (this.#nodes.every((node) => node.describeKeyAnew === undefined))
      return this.describeKey(externalKeyId, call);
    return withinDeadline(this.#readings.anew(externalKeyId), call.deadline, 'the node');
  }

  encrypt(key: KeyRef, plaintext: Buffer, aad: Buffer, call: KeyManagerCall): MaybePromise<Sealed> {
    return this.#withFailover(call, (node, attempt) => node.encrypt(key, plaintext, aad, attempt));
  }

  encryptAndTry(
    key: KeyRef,
    plaintext: Buffer,
    aad: Buffer,
    call: KeyManagerCall,
  ): MaybePromise<Sealed> {
    return this.#withFailover(call, (node, attempt) =>
      node.encryptAndTry(key, plaintext, aad, attempt),
    );
  }

  decrypt(key: KeyRef, sealed: Sealed, aad: Buffer, call: KeyManagerCall): MaybePromise<Buffer> {
    return this.#withFailover(call, (node, attempt) =>
      settled(
        () => node.decrypt(key, sealed, aad, attempt),
        (plaintext) => plaintext,
        (error) => judged(node, error, attempt),
      ),
    );
  }

  /** The nodes themselves, which nothing stands before. */
  get started(): readonly KeyManagerNode[] {
    return this.#nodes;
  }

  async health(deadline: Deadline): Promise<readonly NodeReport[]> {
    const health = await this.#health.current(deadline);
    return this.#guarded.map(({ node: { name, location, vendor, model } }, index) => {
      const { status = 'UNAVAILABLE', detail } = health[index] ?? {};
      const report = { name, location, vendor, model, status };
      return detail === undefined ? report : { ...report, detail };
    });
  }

  /** The same nodes behind other limits, for what is asked of them from now on. */
  withLimits(limits: NodeLimits): NodeSetKeyManager {
    return new NodeSetKeyManager({ ...this.#ports, limits });
  }

  /** Looks at its nodes no more, which go on in another one. */
  retire(): void {
    this.#health.stop();
  }

  async close(): Promise<void> {
    this.#health.stop();
    await Promise.all(this.#guarded.map(({ node }) => node.close()));
  }

  async #readAnew(externalKeyId: string, deadline: Deadline): Promise<KeyDescription> {
    return this.#withFailover(untraced(deadline), (node, attempt) =>
      node.describeKeyAnew(externalKeyId, attempt),
    );
  }

  #withFailover<T>(call: KeyManagerCall, work: NodeWork<T>): MaybePromise<T> {
    const [first, second] = this.#byPreference();
    const limitMs = this.#firstLimit(call.deadline, second);
    const firstAttempt = () => attempt(first, work, { call, limitMs });
    if (second === undefined) return firstAttempt();
    return settled(
      firstAttempt,
      (value) => value,
      (error) => failover(error, second, work, call),
    );
  }

  #firstLimit(deadline: Deadline, second: GuardedNode | undefined): number {
    const leftMs = Math.max(0, deadline.remainingMs() - ANSWER_MS);
    return second === undefined ? leftMs : Math.min(leftMs, this.#limits.attemptTimeoutMs);
  }

  /**
   * In configured order, those that fail just now last. Where every node was UNAVAILABLE when last
   * checked they are tried all the same, because the check may be seconds old; only a node with
   * other key material is never tried.
   */
  #byPreference(): readonly GuardedNode[] {
    if (this.#guarded.length === 1) return this.#guarded;
    const own = this.#guarded.filter((_, index) => this.#health.last(index)?.isForeign !== true);
    const well = own.filter(
      (guarded) => this.#health.last(this.#guarded.indexOf(guarded))?.status !== 'UNAVAILABLE',
    );
    const usable = well.length > 0 ? well : own;
    return [
      ...usable.filter(({ isLeftAlone }) => !isLeftAlone),
      ...usable.filter(({ isLeftAlone }) => isLeftAlone),
    ];
  }
}

/** One try: for whom, and for how long. */
interface Attempt {
  readonly call: KeyManagerCall;
  readonly limitMs: number;
}

function attempt<T>(
  guarded: GuardedNode | undefined,
  work: NodeWork<T>,
  { call, limitMs }: Attempt,
): MaybePromise<T> {
  if (guarded === undefined) throw new KeyManagerError('internal', 'there is no node');
  return settled(
    () => guarded.run(work, limitMs, call.callsBefore),
    (value) => {
      call.tried(guarded.node);
      return value;
    },
    (error) => {
      call.tried(guarded.node, error instanceof KeyManagerError ? error.code : 'internal');
      throw error;
    },
  );
}

/** @param error of the first node; what it was sure of stands where the second one fails */
async function failover<T>(
  error: unknown,
  second: GuardedNode,
  work: NodeWork<T>,
  call: KeyManagerCall,
): Promise<T> {
  const limitMs = call.deadline.remainingMs() - ANSWER_MS;
  if (limitMs < MIN_RETRY_MS || !mayDoElsewhere(error)) throw error;
  try {
    return await attempt(second, work, { call, limitMs });
  } catch (secondError) {
    throw isNodeFailure(secondError) && !isNodeFailure(error) ? error : secondError;
  }
}

function judged(node: KeyManagerNode, error: unknown, deadline: Deadline): Promise<never> {
  if (!(error instanceof KeyManagerError) || error.code !== 'rejected') throw error;
  return judgeRejection(node, error, deadline);
}

/**
 * Tells a bad ciphertext from a bad node, where a backend's words fit both: a node that opens what
 * it has just made with the test key was right to refuse.
 */
async function judgeRejection(
  node: KeyManagerNode,
  error: KeyManagerError,
  deadline: Deadline,
): Promise<never> {
  try {
    await proveRoundTrip(node, deadline);
  } catch (cause) {
    const reason = `${error.message}; and the test key fails as well`;
    throw new KeyManagerError('unreachable', reason, { cause });
  }
  throw new KeyManagerError('invalid-ciphertext', error.message, { cause: error });
}
