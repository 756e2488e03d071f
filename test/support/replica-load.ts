import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import type { ClientRequest, IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';
import { Agent, request } from 'node:https';
import { text } from 'node:stream/consumers';
import { setTimeout as pause } from 'node:timers/promises';
import { TLSSocket } from 'node:tls';
import type { Endpoint } from './xks-client.js';
import { type Body, decryptBody, encryptBody, signedHeaders } from './xks-requests.js';

/** Longer than a server takes for any request, which it ends after 5 s. */
const TIMEOUT_MS = 10_000;
const MORE_MS = 60_000;
const CALLS_A_CONNECTION = 20;
/** Ciphertexts that are kept, to be decrypted by whoever gets the call. */
const KEPT = 200;

/** One call that did not come to what it should. */
export interface FailedCall {
  /** The replica whose certificate the connection showed; undefined before a handshake. */
  readonly replica: string | undefined;
  readonly operation: string;
  readonly externalKeyId: string;
  /** The status and error of an answer, `wrong plaintext`, or the failure of the connection. */
  readonly problem: string;
  /** True for an answer: the connection held. */
  readonly wasAnswered: boolean;
}

/** The outcome of a load. */
export interface LoadOutcome {
  /** Right answers by the replica that gave them. */
  readonly answers: ReadonlyMap<string, number>;
  readonly failures: readonly FailedCall[];
}

/** A load's shape; everything has a default. */
export interface LoadShape {
  readonly connections?: number;
  /** Between the answer to one call and the next, on each connection. */
  readonly pauseMs?: number;
  readonly externalKeyIds?: readonly string[];
}

interface Sealed {
  readonly externalKeyId: string;
  readonly plaintext: string;
  readonly body: Body;
}

/**
 * A client that encrypts and decrypts all the time and tries nothing twice. What one replica has
 * encrypted, whichever gets the call decrypts.
 */
export class ReplicaLoad {
  readonly #endpoint: Endpoint;
  readonly #pauseMs: number;
  readonly #keys: readonly string[];
  readonly #agents: readonly Agent[];
  readonly #answers = new Map<string, number>();
  readonly #failures: FailedCall[] = [];
  readonly #replicas = new WeakMap<Socket, string>();
  readonly #sealed: Sealed[] = [];
  readonly #workers: readonly Promise<void>[];
  #isEnding = false;

  /** Begins at once. */
  constructor(endpoint: Endpoint, shape: LoadShape = {}) {
    const { connections = 8, pauseMs = 10, externalKeyIds = ['quickstart-key'] } = shape;
    this.#endpoint = endpoint;
    this.#pauseMs = pauseMs;
    this.#keys = externalKeyIds;
    // A resumed session would not show a certificate.
    const kept = { keepAlive: true, maxSockets: 1, maxCachedSessions: 0 };
    const options = { ...kept, ca: endpoint.ca };
    this.#agents = Array.from({ length: connections }, () => new Agent(options));
    this.#workers = this.#agents.map((agent) => this.#work(agent));
  }

  get failures(): readonly FailedCall[] {
    return this.#failures;
  }

  /**
   * Waits for right answers that come from now on.
   *
   * @param from the replica that gives them; default: any
   * @throws Error with the failures so far, when they do not come
   */
  async more(calls: number, from?: string): Promise<void> {
    const endsAt = Date.now() + MORE_MS;
    const until = this.#answered(from) + calls;
    while (this.#answered(from) < until) {
      if (Date.now() > endsAt) {
        throw new Error(`no answers from ${from ?? 'anybody'}: ${JSON.stringify(this.#failures)}`);
      }
      await pause(10);
    }
  }

  /** Waits for what is in flight. */
  async stop(): Promise<LoadOutcome> {
    this.#isEnding = true;
    await Promise.all(this.#workers);
    for (const agent of this.#agents) agent.destroy();
    return { answers: this.#answers, failures: this.#failures };
  }

  #answered(from: string | undefined): number {
    if (from !== undefined) return this.#answers.get(from) ?? 0;
    return [...this.#answers.values()].reduce((sum, count) => sum + count, 0);
  }

  async #work(agent: Agent): Promise<void> {
    for (let call = 0; !this.#isEnding; call++) {
      const sealed = this.#sealed[(call * 31) % KEPT];
      await (call % 2 === 1 && sealed !== undefined
        ? this.#decrypt(agent, sealed)
        : this.#encrypt(agent, call));
      // Whoever has started again gets a share of the connections.
      if (call % CALLS_A_CONNECTION === 0) agent.destroy();
      await pause(this.#pauseMs);
    }
  }

  async #encrypt(agent: Agent, call: number): Promise<void> {
    const externalKeyId = this.#keys[(call >> 1) % this.#keys.length] ?? '';
    const plaintext = randomBytes(32).toString('base64');
    const answer = await this.#call(agent, externalKeyId, 'encrypt', encryptBody({ plaintext }));
    if (answer === undefined) return;
    const body = decryptBody(JSON.parse(answer) as Body);
    this.#sealed.unshift({ externalKeyId, plaintext, body });
    this.#sealed.length = Math.min(this.#sealed.length, KEPT);
  }

  async #decrypt(agent: Agent, { externalKeyId, plaintext, body }: Sealed): Promise<void> {
    const answer = await this.#call(agent, externalKeyId, 'decrypt', body);
    if (answer === undefined) return;
    const opened = (JSON.parse(answer) as { readonly plaintext?: string }).plaintext;
    if (opened === plaintext) return;
    this.#failures.push({
      replica: undefined,
      operation: 'decrypt',
      externalKeyId,
      problem: 'wrong plaintext',
      wasAnswered: true,
    });
  }

  /** @returns the answer's body; undefined for a failure, which is kept */
  async #call(
    agent: Agent,
    externalKeyId: string,
    operation: string,
    content: Body,
  ): Promise<string | undefined> {
    const { port, uriPath, credential } = this.#endpoint;
    const path = `${uriPath}/keys/${externalKeyId}/${operation}`;
    const body = JSON.stringify(content);
    const headers = signedHeaders({ host: `localhost:${port}`, credential, path, body });
    const options = { host: '127.0.0.1', servername: 'localhost', port, agent };
    const sent = request({ ...options, method: 'POST', path, headers, timeout: TIMEOUT_MS });
    this.#remember(sent);
    sent.on('error', () => undefined); // Also after `once` has told of the first.
    sent.on('timeout', () => sent.destroy(new Error('no answer')));
    sent.end(body);
    try {
      const [response] = (await once(sent, 'response')) as [IncomingMessage];
      const received = await text(response);
      const replica = this.#replicaOf(sent);
      if (response.statusCode === 200) {
        this.#answers.set(replica ?? '', (this.#answers.get(replica ?? '') ?? 0) + 1);
        return received;
      }
      const problem = `${response.statusCode ?? 0} ${received}`;
      this.#failures.push({ replica, operation, externalKeyId, problem, wasAnswered: true });
    } catch (error) {
      const problem = String(error);
      const replica = this.#replicaOf(sent);
      this.#failures.push({ replica, operation, externalKeyId, problem, wasAnswered: false });
    }
    return undefined;
  }

  /** Remembers whose certificate a connection shows: one that has ended does not tell. */
  #remember(sent: ClientRequest): void {
    sent.once('socket', (socket) => {
      if (!(socket instanceof TLSSocket) || this.#replicas.has(socket)) return;
      socket.once('secureConnect', () => {
        this.#replicas.set(socket, socket.getPeerX509Certificate()?.subject ?? '');
      });
    });
  }

  #replicaOf({ socket }: ClientRequest): string | undefined {
    const subject = socket === null ? undefined : this.#replicas.get(socket);
    return subject === undefined ? undefined : /^CN=(.+)$/m.exec(subject)?.[1];
  }
}
