import { Counter, Gauge, Histogram, Registry } from 'prom-client';
import type { Clock } from '../../shared/clock.js';
import { DAY_MS } from '../../shared/durations.js';
import { FAILURE_TABLE } from '../towards-proxy/failure-table.js';
import { ATTEMPT_MS, type ProxyCall } from '../towards-proxy/xks-client.js';
import { XKS_ERROR_NAMES, type XksFailure } from '../towards-proxy/xks-failure.js';
import type { MetricsSink } from './metrics-sink.js';

/** The facts of a key store that CloudWatch tells from the outside. */
export interface WatchedKeyStore {
  readonly customKeyStoreId: string;
  /** Time at which its credential was associated, in ms since 1970. */
  readonly credentialSince: number;
  readonly certificate?: { readonly commonName: string; readonly daysToExpire: number } | undefined;
}

/** The parts that the metrics of external key stores are made of. */
export interface CloudWatchPorts {
  readonly clock: Clock;
  /** All key stores, whenever the metrics are asked for. */
  readonly keyStores: () => readonly WatchedKeyStore[];
}

const KEY_SPEC = 'SYMMETRIC_DEFAULT';
const STATES = { ACTIVE: 'Active', DEGRADED: 'Degraded', UNAVAILABLE: 'Unavailable' } as const;
const LATENCY_BUCKETS_MS = [1, 2, 5, 10, 20, 35, 50, 100, 150, 200, ATTEMPT_MS];

/** One of the metrics, by any of its classes. */
interface Series {
  readonly metric: { remove(labels: Record<string, string>): void };
  readonly labels: Record<string, string>;
}

/**
 * CloudWatch's metrics of external key stores, in the text form of Prometheus: names, dimensions
 * and their values as CloudWatch has them.
 *
 * @see AWS KMS Developer Guide, "Monitoring with Amazon CloudWatch"
 */
export class CloudWatch implements MetricsSink {
  readonly #registry = new Registry();
  readonly #series = new Map<string, Map<string, Series>>();
  readonly #errors: Counter;
  readonly #latency: Histogram;
  readonly #throttle: Counter;
  readonly #managers: Gauge;

  constructor(ports: CloudWatchPorts) {
    const registers = [this.#registry];
    const call = ['CustomKeyStoreId', 'KmsOperation', 'XksOperation', 'KeySpec'];
    this.#errors = new Counter({
      name: 'XksProxyErrors',
      help: 'Requests to the proxy by how they ended; N/A and None for success.',
      labelNames: [...call, 'ErrorType', 'ExceptionName'],
      registers,
    });
    this.#latency = new Histogram({
      name: 'XksProxyLatency',
      help: 'Milliseconds that the proxy takes for a request; 250 for one that timed out.',
      labelNames: call,
      buckets: LATENCY_BUCKETS_MS,
      registers,
    });
    this.#throttle = new Counter({
      name: 'ExternalKeyStoreThrottle',
      help: 'Requests that KMS answered with a ThrottlingException.',
      labelNames: ['CustomKeyStoreId', 'KmsOperation', 'KeySpec'],
      registers,
    });
    this.#managers = new Gauge({
      name: 'XksExternalKeyManagerStates',
      help: 'External key managers in each health state, as the proxy last told.',
      labelNames: ['CustomKeyStoreId', 'XksExternalKeyManagerState'],
      registers,
    });
    this.#watch(ports);
  }

  /** Text of all metrics. */
  async text(): Promise<string> {
    return this.#registry.metrics();
  }

  proxyCalled(customKeyStoreId: string, call: ProxyCall): void {
    const { operation, kmsOperation, durationMs, failure } = call;
    const labels = {
      CustomKeyStoreId: customKeyStoreId,
      KmsOperation: kmsOperation,
      XksOperation: operation,
      KeySpec: KEY_SPEC,
    };
    const ofError = { ...labels, ...errorLabels(failure, kmsOperation) };
    this.#errors.inc(ofError);
    this.#latency.observe(labels, failure?.timedOut === true ? ATTEMPT_MS : durationMs);
    this.#note(customKeyStoreId, this.#errors, ofError);
    this.#note(customKeyStoreId, this.#latency, labels);
  }

  managersSeen(customKeyStoreId: string, states: readonly string[]): void {
    for (const [state, name] of Object.entries(STATES)) {
      const labels = { CustomKeyStoreId: customKeyStoreId, XksExternalKeyManagerState: name };
      this.#managers.set(labels, states.filter((seen) => seen === state).length);
      this.#note(customKeyStoreId, this.#managers, labels);
    }
  }

  throttled(customKeyStoreId: string, kmsOperation: string): void {
    const labels = {
      CustomKeyStoreId: customKeyStoreId,
      KmsOperation: kmsOperation,
      KeySpec: KEY_SPEC,
    };
    this.#throttle.inc(labels);
    this.#note(customKeyStoreId, this.#throttle, labels);
  }

  forget(customKeyStoreId: string): void {
    for (const { metric, labels } of this.#series.get(customKeyStoreId)?.values() ?? []) {
      metric.remove(labels);
    }
    this.#series.delete(customKeyStoreId);
  }

  /** Makes the gauges whose values are known at any time, when the metrics are asked for. */
  #watch({ clock, keyStores }: CloudWatchPorts): void {
    new Gauge({
      name: 'XksProxyCredentialAge',
      help: 'Days since the proxy authentication credential was associated with the key store.',
      labelNames: ['CustomKeyStoreId'],
      registers: [this.#registry],
      collect() {
        this.reset();
        for (const { customKeyStoreId, credentialSince } of keyStores()) {
          const days = Math.floor((clock.now() - credentialSince) / DAY_MS);
          this.set({ CustomKeyStoreId: customKeyStoreId }, days);
        }
      },
    });
    new Gauge({
      name: 'XksProxyCertificateDaysToExpire',
      help: 'Days until the TLS certificate of the proxy expires.',
      labelNames: ['CustomKeyStoreId', 'CertificateName'],
      registers: [this.#registry],
      collect() {
        this.reset();
        for (const { customKeyStoreId, certificate } of keyStores()) {
          if (certificate === undefined) continue;
          const { commonName, daysToExpire } = certificate;
          const labels = { CustomKeyStoreId: customKeyStoreId, CertificateName: commonName };
          this.set(labels, daysToExpire);
        }
      },
    });
  }

  #note(customKeyStoreId: string, metric: Series['metric'], labels: Series['labels']): void {
    let known = this.#series.get(customKeyStoreId);
    if (known === undefined) {
      known = new Map();
      this.#series.set(customKeyStoreId, known);
    }
    known.set(Object.values(labels).join(' '), { metric, labels });
  }
}

/** Days from now to a time, whole ones, as CloudWatch counts. */
export function daysUntil(time: number, now: number): number {
  return Math.floor((time - now) / DAY_MS);
}

/** The proxy's own name of an error, and otherwise that of the exception that KMS makes of it. */
function errorLabels(
  failure: XksFailure | undefined,
  kmsOperation: string,
): Record<string, string> {
  if (failure === undefined) return { ErrorType: 'N/A', ExceptionName: 'None' };
  const { errorType, keyStore, createKey, cryptographic } = FAILURE_TABLE[failure.scenario];
  const isNamed = XKS_ERROR_NAMES.some((name) => name === failure.scenario);
  const isOfKeyStore = kmsOperation.endsWith('CustomKeyStore') || kmsOperation === 'KmsHealthCheck';
  const exception = kmsOperation === 'CreateKey' ? createKey : cryptographic;
  return {
    ErrorType: errorType,
    ExceptionName: isNamed ? failure.scenario : isOfKeyStore ? keyStore : exception,
  };
}
