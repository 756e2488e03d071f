import type { Clock } from '../../shared/clock.js';
import type { MetricsSink } from '../events/metrics-sink.js';
import { healthMetadata, type RequestMetadata } from '../towards-proxy/request-metadata.js';
import type { ProxyCallContext, ProxyTarget, XksClient } from '../towards-proxy/xks-client.js';
import { XksFailure } from '../towards-proxy/xks-failure.js';
import type { KeyStoreRecord } from './record.js';

/** The settings of a key store that its proxy is reached by. */
export type ProxySettings = Pick<
  KeyStoreRecord,
  'id' | 'uriEndpoint' | 'uriPath' | 'credential' | 'formerCredential'
>;

/** The parts that the side of a key store towards its proxy is made of. */
export interface ProxySidePorts {
  readonly client: XksClient;
  readonly metrics: MetricsSink;
  readonly clock: Clock;
}

/** Calls proxies for key stores, and tells CloudWatch of it. */
export class ProxySide {
  readonly client: XksClient;
  readonly #metrics: MetricsSink;
  readonly #clock: Clock;

  constructor({ client, metrics, clock }: ProxySidePorts) {
    this.client = client;
    this.#metrics = metrics;
    this.#clock = clock;
  }

  /** Returns all that a call of the key store's proxy carries. */
  contextOf(settings: ProxySettings, metadata: RequestMetadata): ProxyCallContext {
    return {
      target: this.#targetOf(settings),
      metadata,
      onCall: (call) => {
        this.#metrics.proxyCalled(settings.id, call);
      },
    };
  }

  /**
   * Asks for the proxy's health.
   *
   * @param kmsOperation `CreateCustomKeyStore`, `KmsHealthCheck` and so on
   * @throws XksFailure, also when no key manager can serve
   */
  async checkHealth(
    settings: ProxySettings,
    kmsOperation: string,
    requestId: string,
  ): Promise<void> {
    const context = this.contextOf(settings, healthMetadata(kmsOperation, requestId));
    const { ekmFleetDetails } = await this.client.getHealthStatus(context);
    const states = ekmFleetDetails.map(({ healthStatus }) => healthStatus);
    this.#metrics.managersSeen(settings.id, states);
    if (states.some((state) => state !== 'UNAVAILABLE')) return;
    throw new XksFailure('unavailable', 'all external key managers are unavailable');
  }

  /** The credential that KMS signs with: after a change the former one, for a while. */
  #targetOf({ uriEndpoint, uriPath, credential, formerCredential }: ProxySettings): ProxyTarget {
    const isFormer = formerCredential !== undefined && this.#clock.now() < formerCredential.until;
    return {
      host: hostOf(uriEndpoint),
      uriPath,
      credential: isFormer ? formerCredential : credential,
    };
  }
}

/** The name in `https://name`. */
export function hostOf(uriEndpoint: string): string {
  return uriEndpoint.slice('https://'.length);
}
