import { Counter, Histogram, Registry } from 'prom-client';
import { registerNotificationMetrics } from './notification-metrics.js';
import { registerPolicyMetrics } from './policy-metrics.js';
import { registerProcessGauges } from './process-gauges.js';
import { registerReloadMetrics } from './reload-metrics.js';
import { FIRST_FAILURE, type RequestEntry } from './request-entry.js';
import { registerStateGauges, type MetricSources } from './state-gauges.js';

/**
 * In seconds. KMS waits 250 ms for the whole call; our own deadline is 140 ms by default, and
 * an alarm is advised at 200 ms.
 */
const LATENCY_BUCKETS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.14, 0.2, 0.25, 0.5, 1];

/** Label of a request that did not get far enough to have one. */
const NONE = 'none';

/** Every value that a label can have, `none` aside. */
export interface MetricLabels {
  /** Names of the configured key stores. */
  readonly keyStores: readonly string[];
  readonly operations: readonly string[];
  readonly errorNames: readonly string[];
  readonly authenticationFailures: readonly string[];
  readonly throttleReasons: readonly string[];
}

/** The metrics of one process, in a registry of their own: nothing is global. */
export class Metrics {
  readonly #registry = new Registry();
  readonly #durations: Histogram<'operation' | 'key_store' | 'result'>;
  readonly #errors: Counter<'error_name' | 'key_store'>;
  readonly #authenticationFailures: Counter<'cause' | 'key_store'>;
  readonly #throttled: Counter<'reason' | 'key_store'>;
  readonly #labels: MetricLabels;
  readonly #started = new Set<string>();

  /**
   * @param sources asked for the present state at every scrape
   * @param labels what is counted from the start, at 0
   */
  constructor(sources: MetricSources, labels: MetricLabels) {
    const registers = [this.#registry];
    this.#durations = new Histogram({
      name: 'holdfast_request_duration_seconds',
      help: 'Time from the head of a request to its answer; KMS gives up after 0.25.',
      labelNames: ['operation', 'key_store', 'result'],
      buckets: LATENCY_BUCKETS,
      registers,
    });
    this.#errors = new Counter({
      name: 'holdfast_errors_total',
      help: 'Requests answered with an error, by its XKS name.',
      labelNames: ['error_name', 'key_store'],
      registers,
    });
    this.#authenticationFailures = new Counter({
      name: 'holdfast_authentication_failures_total',
      help: 'Requests that failed authentication, by what was wrong with them.',
      labelNames: ['cause', 'key_store'],
      registers,
    });
    this.#throttled = new Counter({
      name: 'holdfast_throttled_requests_total',
      help: 'Requests refused with ThrottlingException (429), by what they exceeded.',
      labelNames: ['reason', 'key_store'],
      registers,
    });
    registerProcessGauges(this.#registry);
    registerStateGauges(this.#registry, sources);
    registerNotificationMetrics(this.#registry, () => sources.notifications());
    registerPolicyMetrics(this.#registry, () => sources.policies());
    registerReloadMetrics(this.#registry, () => sources.reloads());
    this.#labels = labels;
    for (const keyStore of labels.keyStores) this.#startAtZero(keyStore);
  }

  /** Counts from 0 for key stores that are new; what was counted before stays. */
  addKeyStores(keyStores: readonly string[]): void {
    for (const keyStore of keyStores) {
      if (!this.#started.has(keyStore)) this.#startAtZero(keyStore);
    }
  }

  /**
   * A series that appears with its first event has not increased, in Prometheus's eyes: an alert
   * on it would miss that event, and one on the lack of events would never fire.
   */
  #startAtZero(key_store: string): void {
    const labels = this.#labels;
    this.#started.add(key_store);
    for (const operation of labels.operations) {
      this.#durations.zero({ operation, key_store, result: 'success' });
    }
    for (const error_name of labels.errorNames) this.#errors.inc({ error_name, key_store }, 0);
    for (const reason of labels.throttleReasons) this.#throttled.inc({ reason, key_store }, 0);
    for (const cause of labels.authenticationFailures) {
      this.#authenticationFailures.inc({ cause, key_store }, 0);
    }
  }

  /**
   * Counts one request. The labels come from closed sets (operations, configured key stores,
   * error names, causes): a client's text would let it fill the memory.
   */
  recordRequest(request: RequestEntry): void {
    const { operation = NONE, keyStore = NONE, errorName } = request;
    // A refusal without a name is the 405: the specification's table of errors leaves it out.
    const result = errorName ?? (request.status < FIRST_FAILURE ? 'success' : 'method-not-allowed');
    this.#durations.observe({ operation, key_store: keyStore, result }, request.durationUs / 1e6);
    if (errorName === undefined) return;
    this.#errors.inc({ error_name: errorName, key_store: keyStore });
    if (request.throttledBy !== undefined) {
      this.#throttled.inc({ reason: request.throttledBy, key_store: keyStore });
    }
    if (request.authenticationFailure !== undefined) {
      this.#authenticationFailures.inc({
        cause: request.authenticationFailure,
        key_store: keyStore,
      });
    }
  }

  /** Media type of {@link render}'s text. */
  get contentType(): string {
    return this.#registry.contentType;
  }

  /** Everything, in the Prometheus text format. Rejects when a source does. */
  render(): Promise<string> {
    return this.#registry.metrics();
  }
}
