import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import type { IncomingHttpHeaders } from 'node:http';
import { createServer, type Server } from 'node:https';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { onTestFinished } from 'vitest';
import { canaries } from './canaries.js';
import { issueCertificate, makeCertificateAuthority } from './certificates.js';
import { temporaryFolder } from './temporary-folder.js';

/** The secret that tests share with their receivers, as the configuration has it. */
export const WEBHOOK_SECRET = `whsec_${canaries.webhookSecret.toString('base64')}`;

/** A request that a receiver got. */
export interface Received {
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

/** An answer of a receiver: a status, perhaps with headers. */
export interface ReceiverAnswer {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
}

/** A real HTTPS server that keeps what it gets, and answers as it is told. */
export class WebhookReceiver {
  readonly url: string;
  /** PEM file of the authority that vouches for it. */
  readonly ca: string;
  readonly received: Received[] = [];
  readonly #server: Server;
  readonly #waiting: { readonly count: number; readonly go: () => void }[] = [];
  #answers: ReceiverAnswer[] = [];
  #spoiled: ((body: string) => ReceiverAnswer | undefined) | undefined;

  private constructor(server: Server, ca: string) {
    this.#server = server;
    this.ca = ca;
    const { port } = server.address() as AddressInfo;
    this.url = `https://127.0.0.1:${port}/events?team=security`;
    server.on('request', (request, response) => {
      void text(request).then((body) => {
        const answer = this.#spoiled?.(body) ?? this.#answers.shift() ?? { status: 204 };
        const { status, headers, body: said } = answer;
        response.writeHead(status, headers).end(said);
        this.received.push({ headers: request.headers, body });
        for (const { count, go } of this.#waiting) if (this.received.length >= count) go();
      });
    });
  }

  /** Starts one on loopback, until the test has finished. */
  static async start(): Promise<WebhookReceiver> {
    const authority = await makeCertificateAuthority();
    const { certificate, privateKey } = await issueCertificate(authority, {
      commonName: 'receiver',
      ipAddresses: ['127.0.0.1'],
    });
    const ca = join(temporaryFolder(), 'receiver-ca.pem');
    writeFileSync(ca, authority.certificate);
    const server = createServer({ cert: certificate, key: privateKey });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const receiver = new WebhookReceiver(server, ca);
    onTestFinished(() => {
      receiver.stop();
    });
    return receiver;
  }

  /** Answers the next requests like this, and those after them with 204. */
  answerWith(...answers: readonly (ReceiverAnswer | number)[]): void {
    this.#answers = answers.map((answer) =>
      typeof answer === 'number' ? { status: answer } : answer,
    );
  }

  /** Answers some requests, each time that they come, in a way of their own. */
  spoil(spoiled: (body: string) => ReceiverAnswer | undefined): void {
    this.#spoiled = spoiled;
  }

  /** Waits until it has got so many requests, and gives them back. */
  async gets(count: number): Promise<readonly Received[]> {
    if (this.received.length < count) {
      await new Promise<void>((go) => {
        this.#waiting.push({ count, go });
      });
    }
    return this.received;
  }

  /** The events that it got, without their repetitions. */
  get events(): readonly Record<string, unknown>[] {
    const byId = new Map(this.received.map(({ headers, body }) => [headers['webhook-id'], body]));
    return [...byId.values()].map((body) => JSON.parse(body) as Record<string, unknown>);
  }

  stop(): void {
    this.#server.close();
    this.#server.closeAllConnections();
  }
}
