import type { AddressInfo } from 'node:net';
import type { ListenerConfig } from '../http/config.js';
import type { DoorPorts } from '../http/xks/door.js';
import type { ListenerCertificates } from '../http/tls/tls.js';
import { XksServer } from '../http/xks/xks-server.js';
import type { Logger } from '../observability/logger.js';
import type { StrangerLog } from '../observability/stranger-log.js';
import type { CertificateSample } from '../observability/state-gauges.js';
import type { Handle } from '../pipeline/call.js';
import type { TurnAway } from '../pipeline/turn-away.js';
import type { Clock } from '../shared/clock.js';
import { invariant } from '../shared/assert.js';
import { listenAt } from './address.js';
import { listenerEndpoint } from './endpoints.js';
import type { ReservedAddresses } from './reserved-addresses.js';
import type { WatchedCertificate } from './watches.js';
import { counted } from '../shared/counted.js';
import { DAY_MS } from '../shared/durations.js';

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
  /** Shared by all listeners. */
  readonly doors: DoorPorts;
  /** Addresses that are held for them until they listen. */
  readonly addresses: Pick<ReservedAddresses, 'release'>;
  /** The pipeline, with this listener's limit on bodies. */
  readonly handle: (maxBodyBytes: number) => Handle;
  readonly turnAway: TurnAway;
}

/** A listener as it is to be started. */
export interface PlannedListener {
  /** Its place in the configuration. */
  readonly index: number;
  readonly config: ListenerConfig;
  /** Present exactly where it has `tls`. */
  readonly certificates: ListenerCertificates | undefined;
}

/**
 * Starts listeners; when one fails, closes those before it.
 *
 * @returns by their place in the configuration
 * @throws AddressError for an address that cannot be had
 */
export async function startListeners(
  planned: readonly PlannedListener[],
  ports: ListenerPorts,
): Promise<ReadonlyMap<number, ServingListener>> {
  const started = new Map<number, ServingListener>();
  try {
    for (const each of planned) started.set(each.index, await startListener(each, ports));
    return started;
  } catch (error) {
    await Promise.all([...started.values()].map(({ server }) => server.close()));
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

/** The first end of each listener's certificates, to be watched. */
export function watchedCertificates(
  listeners: readonly ServingListener[],
): readonly WatchedCertificate[] {
  return listeners.flatMap(({ server: { name: listener, expiresAt } }) =>
    expiresAt === undefined ? [] : [{ listener, expiresAt }],
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
        (daysToExpiry < 0
          ? 'has expired'
          : `expires in ${counted(Math.floor(daysToExpiry), 'day')}`),
    );
}

async function startListener(
  { index, config: listener, certificates }: PlannedListener,
  { clock, log, strangers, addresses, doors, handle, turnAway }: ListenerPorts,
): Promise<ServingListener> {
  const { maxBodyBytes } = listener.limits;
  invariant(listener.tls === undefined || certificates !== undefined, 'TLS has certificates');
  const server = new XksServer({
    listener,
    certificates,
    handle: handle(maxBodyBytes),
    turnAway,
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
