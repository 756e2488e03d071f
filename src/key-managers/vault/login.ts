import { parsedJson } from '../../shared/parsed-json.js';
import { readFile } from 'node:fs/promises';
import { z } from 'zod';
import { Secret } from '../../shared/secret.js';
import { KeyManagerError } from '../backend.js';
import type { VaultAnswer } from './answer.js';
import { refusal } from './failures.js';
import type { HttpClient } from './http-client.js';
import type { LoginConfig } from './login-config.js';

const LOGIN_TIMEOUT_MS = 5_000;

/** A token and what the server said of it. */
export interface Token {
  readonly secret: Secret;
  /** Lifetime in ms, from the answer; 0 where it does not end. */
  readonly lifetimeMs: number;
  /** False for batch tokens. */
  readonly renewable: boolean;
  /** True when the login of Holdfast created it, so that Holdfast revokes it. */
  readonly ours: boolean;
}

const authAnswer = z.object({
  auth: z.object({
    client_token: z.string().min(1),
    lease_duration: z.int().min(0),
    renewable: z.boolean(),
    token_type: z.string().optional(),
  }),
});

const lookupAnswer = z.object({
  data: z.object({ ttl: z.int().min(0), renewable: z.boolean().default(false) }),
});

/** Logs in at one node, and renews and revokes the token. */
export class Login {
  readonly #config: LoginConfig;
  readonly #http: HttpClient;
  readonly #namespace: readonly string[];

  /** @param namespace the namespace header, name and value, or nothing */
  constructor(config: LoginConfig, http: HttpClient, namespace: readonly string[]) {
    this.#config = config;
    this.#http = http;
    this.#namespace = namespace;
  }

  /** Obtains a token. @throws KeyManagerError `unreachable`, `misconfigured` for a refusal, … */
  async logIn(): Promise<Token> {
    const config = this.#config;
    if (config.method === 'token') return this.#adopt(await readSecretFile(config.tokenFile));
    const answer = await this.#post(`auth/${config.mountPath}/login`, await credentials(config));
    return tokenFrom(answer);
  }

  /** Renews a token. @throws KeyManagerError as {@link logIn}, also at its maximum lifetime */
  async renew({ secret, ours }: Token): Promise<Token> {
    const renewed = await this.#post('auth/token/renew-self', {}, secret);
    return { ...tokenFrom(renewed), secret, ours };
  }

  /** Revokes a token. @throws KeyManagerError */
  async revoke({ secret }: Token): Promise<void> {
    await this.#post('auth/token/revoke-self', {}, secret);
  }

  async #adopt(secret: Secret): Promise<Token> {
    const { data } = parsedAs(
      lookupAnswer,
      await this.#send('GET', 'auth/token/lookup-self', secret),
    );
    return { secret, lifetimeMs: data.ttl * 1000, renewable: data.renewable, ours: false };
  }

  #post(path: string, body: object, token?: Secret): Promise<VaultAnswer> {
    return this.#send('POST', path, token, JSON.stringify(body));
  }

  async #send(
    method: 'GET' | 'POST',
    path: string,
    token?: Secret,
    body?: string,
  ): Promise<VaultAnswer> {
    const headers = [
      ...this.#namespace,
      ...['content-type', 'application/json'],
      ...(token === undefined ? [] : ['x-vault-token', token.reveal()]),
    ];
    const request = { method, path, headers, ...(body === undefined ? {} : { body }) };
    const answer = await this.#http.send(request, LOGIN_TIMEOUT_MS);
    if (answer.status < 300) return answer;
    // The words of a refused login are 400s that no table knows.
    throw refusal(answer, 'misconfigured');
  }
}

async function credentials(config: Exclude<LoginConfig, { method: 'token' }>): Promise<object> {
  switch (config.method) {
    case 'approle':
      return { role_id: config.roleId, secret_id: config.secretId.reveal() };
    case 'kubernetes':
      return { role: config.role, jwt: (await readSecretFile(config.jwtFile)).reveal() };
    case 'cert':
      return config.role === undefined ? {} : { name: config.role };
  }
}

function tokenFrom(answer: VaultAnswer): Token {
  const { auth } = parsedAs(authAnswer, answer);
  const isBatch = auth.token_type === 'batch';
  return {
    secret: new Secret(auth.client_token),
    lifetimeMs: auth.lease_duration * 1000,
    renewable: auth.renewable && !isBatch,
    ours: !isBatch,
  };
}

function parsedAs<T>(schema: z.ZodType<T>, { body }: VaultAnswer): T {
  const { data, success } = schema.safeParse(parsedJson(body));
  if (success) return data;
  // Not what zod says of it: a token may be in there.
  throw new KeyManagerError('misconfigured', 'the login was answered, but not by Vault or OpenBao');
}

async function readSecretFile(path: string): Promise<Secret> {
  try {
    const text = (await readFile(path, 'utf8')).trim();
    // It goes into a header.
    if (/^[\x21-\x7e]+$/.test(text)) return new Secret(text);
  } catch (cause) {
    throw new KeyManagerError('misconfigured', `${path} cannot be read`, { cause });
  }
  throw new KeyManagerError('misconfigured', `${path} is empty or holds more than a token`);
}
