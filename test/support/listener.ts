import type { AddressInfo } from 'node:net';
import { onTestFinished } from 'vitest';
import { listenerSchema, type TlsConfig, tlsSchema } from '../../src/http/config.js';
import { type DoorPorts, newDoors } from '../../src/http/xks/door.js';
import { HeldBytes } from '../../src/http/xks/held-bytes.js';
import type { ListenerCertificates } from '../../src/http/tls/tls.js';
import { readTlsFiles } from '../../src/http/tls/tls-files.js';
import { XksServer } from '../../src/http/xks/xks-server.js';
import { StrangerLog } from '../../src/observability/stranger-log.js';
import type { Answer, Handle, IncomingCall } from '../../src/pipeline/call.js';
import type { TurnAway } from '../../src/pipeline/turn-away.js';
import { invariant } from '../../src/shared/assert.js';
import { systemClock } from '../../src/shared/clock.js';
import { captureLog, type CapturedLog } from './log-lines.js';

/** A listener with something in place of the pipeline. */
export interface TestListener {
  readonly server: XksServer;
  readonly port: number;
  readonly log: CapturedLog;
  /** Every call that came as far as the pipeline. */
  readonly calls: readonly IncomingCall[];
  /** Renews its certificates, as a reload does. */
  renew(tls: object): void;
}

/** What a test wants to be different from a plain HTTP listener that echoes. */
export interface TestListenerOptions {
  readonly handle?: Handle;
  readonly limits?: object;
  readonly turnAway?: TurnAway;
  readonly load?: DoorPorts['load'];
  /** Bytes for all strangers together. */
  readonly maxHeldBytes?: number;
  /** As in the configuration. */
  readonly tls?: object;
}

/** Answers 200 with the body's text and length, as one line of JSON. */
const echo: Handle = async (call) => {
  const body = await call.readBody(65_536);
  return ok({ length: body.byteLength, text: body.subarray(0, 100).toString() });
};

/** An answer of status 200 that keeps the connection. */
export function ok(body: object): Answer {
  return { status: 200, body: JSON.stringify(body) };
}

/** Starts a listener on a free port of 127.0.0.1, and stops it when the test is over. */
export async function startListener(options: TestListenerOptions = {}): Promise<TestListener> {
  const { handle = echo, turnAway = () => 'to-be-served', limits = {}, tls } = options;
  const log = captureLog();
  const calls: IncomingCall[] = [];
  const listener = listenerSchema.parse({
    name: 'test',
    host: '127.0.0.1',
    port: 0,
    limits,
    ...(tls === undefined ? { plainHttp: true } : { tls }),
  });
  const server = new XksServer({
    listener,
    certificates: listener.tls && certificatesOf(listener.tls),
    handle: (call) => {
      calls.push(call);
      return handle(call);
    },
    clock: systemClock,
    logger: log.logger,
    strangers: new StrangerLog(log.logger, systemClock),
    turnAway,
    doors: {
      ...newDoors(),
      held: new HeldBytes(options.maxHeldBytes),
      ...(options.load && { load: options.load }),
    },
  });
  const { port }: AddressInfo = await server.listen();
  onTestFinished(() => server.close());
  const renew = (changed: object): void => {
    const renewed = { ...listener, tls: tlsSchema.parse(changed) };
    server.renew(renewed, certificatesOf(renewed.tls));
  };
  return { server, port, log, calls, renew };
}

function certificatesOf(tls: TlsConfig): ListenerCertificates {
  const files = readTlsFiles(tls, Date.now());
  invariant(!('problems' in files), 'a test has certificates that are of use');
  return files;
}
