import { once } from 'node:events';
import type { Server } from 'node:http';
import type { Server as TlsServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import type { Logger } from '../../observability/logger.js';
import type { StrangerLog } from '../../observability/stranger-log.js';
import type { Handle } from '../../pipeline/call.js';
import { invariant } from '../../shared/assert.js';
import type { TurnAway } from '../../pipeline/turn-away.js';
import type { Clock } from '../../shared/clock.js';
import { listenerName, type ListenerConfig } from '../config.js';
import { Connections } from './connection.js';
import type { DoorPorts } from './door.js';
import type { Entrance } from './entrance.js';
import { listen } from '../listen.js';
import { createNodeServer } from './node-server.js';
import { ownAuthorities } from './own-authorities.js';
import { RequestServer } from './request-server.js';
import { admitsFewer } from '../tls/admits-fewer.js';
import { type ListenerCertificates, type TlsMaterial, tlsOptions } from '../tls/tls.js';
import { createXksApp, type Serve } from './xks-app.js';

/** The parts of a listener. */
export interface XksServerPorts {
  readonly listener: ListenerConfig;
  /** Present exactly where the listener has `tls`. */
  readonly certificates: ListenerCertificates | undefined;
  readonly handle: Handle;
  readonly turnAway: TurnAway;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly strangers: StrangerLog;
  /** Shared by all listeners. */
  readonly doors: DoorPorts;
}

/** A listener that AWS KMS calls. */
export class XksServer {
  readonly name: string;
  #expiresAt: number | undefined;
  #listener: ListenerConfig;
  #material: TlsMaterial | undefined;
  readonly #logger: Logger;
  readonly #requests: RequestServer;
  readonly #server: Server | TlsServer;
  readonly #entrance: Entrance;

  constructor(ports: XksServerPorts) {
    const { listener, certificates, handle, turnAway, clock, logger, strangers, doors } = ports;
    const material = certificates?.material;
    this.name = listenerName(listener);
    this.#expiresAt = certificates?.expiresAt;
    this.#listener = listener;
    this.#material = material;
    this.#logger = logger.child({ listener: this.name });
    const connections = new Connections();
    const serving = {
      handle,
      clock,
      logger: this.#logger,
      connections,
      authenticatedIdleMs: listener.limits.authenticatedIdleMs,
      scheme: material === undefined ? 'any' : 'https',
      turnEnd: doors.turnEnd,
    } as const;
    this.#requests = new RequestServer(serving, ownAuthorities(listener, material));
    const { server, entrance } = createNodeServer({
      ...{ listener, material, connections, doors, strangers },
      turnAway: (request, connection) =>
        this.#requests.mayKeepOpen(connection)
          ? turnAway(request.target, connection.caller)
          : 'to-be-served',
      allowedNames: () => this.#listener.tls?.clientCertificates?.allowedNames,
      logger: this.#logger,
    });
    this.#server = server;
    this.#entrance = entrance;
    this.#receive(
      createXksApp((request, response) => {
        this.#requests.serve(request, response);
      }),
    );
  }

  /** Time at which its first certificate expires, in ms since 1970; undefined without TLS. */
  get expiresAt(): number | undefined {
    return this.#expiresAt;
  }

  /**
   * Takes other certificates, roots and names, for new handshakes. Connections stay open; where
   * fewer clients may connect than before, they close after their next answer.
   *
   * @param listener the same, but for what its `tls` says
   * @param certificates with client roots exactly where it had some
   */
  renew(listener: ListenerConfig, { material, expiresAt }: ListenerCertificates): void {
    invariant('setSecureContext' in this.#server, 'only TLS has certificates');
    const isNarrower = admitsFewer(
      { config: this.#listener.tls?.clientCertificates, material: this.#material },
      { config: listener.tls?.clientCertificates, material },
    );
    // Never with ticketKeys: new ones make the sessions of before worthless.
    this.#server.setSecureContext(tlsOptions(material));
    this.#listener = listener;
    this.#material = material;
    this.#expiresAt = expiresAt;
    this.#requests.authorities = ownAuthorities(listener, material);
    if (isNarrower) this.#requests.oldestEra = this.#entrance.beginEra();
  }

  /** Rejects when the address cannot be had, with the system's error. */
  async listen(): Promise<AddressInfo> {
    const address = await listen(this.#server, this.#listener);
    this.#server.on('error', (error) => {
      this.#logger.error({ err: error }, 'the listener failed');
    });
    return address;
  }

  /**
   * Goes out of service without losing a request: `/ping` answers 503 and every answer closes its
   * connection, for as long as load balancers need to notice; then nobody new is let in, and what
   * is in flight may finish within the time that a request may take.
   */
  async drain(delayMs: number): Promise<void> {
    this.#requests.draining = true;
    await delay(delayMs);
    const cutOff = setTimeout(() => {
      this.#logger.warn('connections are cut off that did not end by themselves');
      this.#entrance.endAll();
    }, this.#listener.limits.requestTimeoutMs);
    const closed = once(this.#server, 'close');
    this.#server.close();
    this.#entrance.endSilent();
    await closed;
    clearTimeout(cutOff);
  }

  /** Ends at once, in the middle of whatever is going on. */
  async close(): Promise<void> {
    if (!this.#server.listening) return;
    const closed = once(this.#server, 'close');
    this.#server.close();
    this.#entrance.endAll();
    await closed;
  }

  #receive(listener: Serve): void {
    this.#server.on('request', listener);
    this.#server.on('checkContinue', (request, response) => {
      this.#requests.expectContinue(request);
      listener(request, response);
    });
    // What else a client expects is ignored; Node would answer 417 without a body.
    this.#server.on('checkExpectation', listener);
  }
}
