import type { AddressInfo } from 'node:net';
import type { ListenerConfig } from '../http/config.js';
import type { DoorPorts } from '../http/xks/door.js';
import { HeldBytes } from '../http/xks/held-bytes.js';
import { StrangerTurns } from '../http/xks/stranger-turns.js';
import type { ListenerCertificates } from '../http/tls/tls.js';
import { XksServer } from '../http/xks/xks-server.js';
import type { Logger } from '../observability/logger.js';
import type { StrangerLog } from '../observability/stranger-log.js';
import type { CertificateSample } from '../observability/state-gauges.js';
import type { Handle } from '../pipeline/call.js';
import type { Clock } from '../shared/clock.js';
import { invariant } from '../shared/assert.js';
import { listenAt } from './address.js';
import { listenerEndpoint } from './endpoints.js';
import type { ReservedAddresses } from './reserved-addresses.js';

const DAY_MS = 86_400_000;

/** A listener that serves. */
export interface ServingListener {
  readonly server: XksServer;
  readonly address: AddressInfo;
  /** `TLS`, `mutual TLS` or `plain HTTP`. */
  readonly security: string;
}

/** The services that listeners share. */
export interface ListenerPorts {
  readonly clock: Clock;
  readonly log: Logger;
  readonly strangers: StrangerLog;
  /** By the index of the listener. */
  readonly certificates: ReadonlyMap<number, ListenerCertificates>;
  /** Addresses that are held for them until they listen. */
  readonly addresses: Pick<ReservedAddresses, 'release'>;
  /** The pipeline, with this listener's limit on bodies. */
  readonly handle: (maxBodyBytes: number) => Handle;
}

/**
 * Starts every listener; when one fails, closes those before it.
 *
 * @throws AddressError for an address that cannot be had
 */
export async function startListeners(
  configs: readonly ListenerConfig[],
  ports: ListenerPorts,
): Promise<readonly ServingListener[]> {
  const started: ServingListener[] = [];
  const doors = { turns: new StrangerTurns(), held: new HeldBytes() };
  try {
    for (const [index, config] of configs.entries()) {
      started.push(await startListener(config, index, { ...ports, doors }));
    }
    return started;
  } catch (error) {
    await Promise.all(started.map(({ server }) => server.close()));
    throw error;
  }
}

/** Reads the expiry of the certificates, for metrics. */
export function sampleCertificates(
  listeners: readonly ServingListener[],
  now: number,
): readonly CertificateSample[] {
  return listeners.flatMap(({ server: { name, expiresAt } }) =>
    expiresAt === undefined ? [] : [{ listener: name, daysToExpiry: (expiresAt - now) / DAY_MS }],
  );
}

/** The time before its end at which a certificate should have been renewed. */
const EXPIRES_SOON_DAYS = 14;

/** Certificates that expire soon or have expired, one sentence each. */
export function expiringCertificates(
  listeners: readonly ServingListener[],
  now: number,
): readonly string[] {
  return sampleCertificates(listeners, now)
    .filter(({ daysToExpiry }) => daysToExpiry < EXPIRES_SOON_DAYS)
    .map(
      ({ listener, daysToExpiry }) =>
        `a certificate of the listener ${listener} ` +
        (daysToExpiry < 0 ? 'has expired' : `expires in ${Math.floor(daysToExpiry)} days`),
    );
}

async function startListener(
  listener: ListenerConfig,
  index: number,
  {
    clock,
    log,
    strangers,
    certificates,
    addresses,
    doors,
    handle,
  }: ListenerPorts & { readonly doors: DoorPorts },
): Promise<ServingListener> {
  const { maxBodyBytes } = listener.limits;
  const ownCertificates = certificates.get(index);
  invariant(listener.tls === undefined || ownCertificates !== undefined, 'TLS has certificates');
  const server = new XksServer({
    listener,
    certificates: ownCertificates,
    handle: handle(maxBodyBytes),
    clock,
    logger: log,
    strangers,
    doors,
  });
  const endpoint = listenerEndpoint(listener, index);
  await addresses.release(endpoint);
  const address = await listenAt(endpoint, () => server.listen());
  return { server, address, security: securityOf(listener) };
}

function securityOf({ tls }: ListenerConfig): string {
  if (tls === undefined) return 'plain HTTP';
  return tls.clientCertificates === undefined ? 'TLS' : 'mutual TLS';
}
