import type { Deadline } from '../../shared/deadline.js';
import type { VaultAnswer } from './answer.js';
import type { HttpClient, VaultRequest } from './http-client.js';
import type { HeldToken, LoginSession } from './login-session.js';

type Call = Omit<VaultRequest, 'headers'>;

/** Calls the API of one node with the token in use. */
export class VaultClient {
  readonly #http: HttpClient;
  readonly #session: LoginSession;
  readonly #namespace: readonly string[];
  /** The headers, which are the same for every call with one token. */
  #headers: { readonly held: HeldToken; readonly list: readonly string[] } | undefined;

  /** @param namespace the namespace header, name and value, or nothing */
  constructor(http: HttpClient, session: LoginSession, namespace: readonly string[]) {
    this.#http = http;
    this.#session = session;
    this.#namespace = namespace;
  }

  /**
   * Calls the API, and once more with a new token where the first one is refused.
   *
   * @param path below `/v1/`
   * @param body JSON; undefined for a GET
   * @returns the answer, with any status
   * @throws KeyManagerError where there is no answer
   */
  call(path: string, body: string | undefined, deadline: Deadline): Promise<VaultAnswer> {
    return this.#call(
      body === undefined ? { method: 'GET', path } : { method: 'POST', path, body },
      deadline,
    );
  }

  /** Sends a DELETE, in the same way. */
  delete(path: string, deadline: Deadline): Promise<VaultAnswer> {
    return this.#call({ method: 'DELETE', path }, deadline);
  }

  /** Asks for the state of the server, which takes no token. */
  async health(deadline: Deadline): Promise<VaultAnswer> {
    const request = { method: 'GET', path: 'sys/health', headers: [] } as const;
    return this.#http.send(request, deadline.remainingMs());
  }

  async close(): Promise<void> {
    await this.#session.close();
    await this.#http.close();
  }

  async #call(call: Call, deadline: Deadline): Promise<VaultAnswer> {
    const held = await this.#session.current(deadline);
    const answer = await this.#callAs(held, call, deadline);
    if (answer.status !== 403) return answer;
    const replacement = await this.#session.replacementOf(held, deadline);
    return replacement === undefined ? answer : this.#callAs(replacement, call, deadline);
  }

  #callAs(held: HeldToken, call: Call, deadline: Deadline): Promise<VaultAnswer> {
    const headers = this.#headersFor(held);
    return this.#http.send({ ...call, headers }, deadline.remainingMs());
  }

  #headersFor(held: HeldToken): readonly string[] {
    if (this.#headers?.held !== held) {
      const token = ['x-vault-token', held.token.secret.reveal()];
      const list = [...token, ...this.#namespace, 'content-type', 'application/json'];
      this.#headers = { held, list };
    }
    return this.#headers.list;
  }
}
