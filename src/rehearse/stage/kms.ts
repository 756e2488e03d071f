import aws4 from 'aws4';
import { request } from 'undici';
import type { Secret } from '../../shared/secret.js';

const CONTENT_TYPE = 'application/x-amz-json-1.1';
const OK = 200;

/** Members of an output of KMS. */
export type KmsOutput = Readonly<Record<string, unknown>>;

/** KMS refused a call. `name` is the name of its exception. */
export class KmsError extends Error {
  override readonly name: string;

  constructor(name: string, message: string) {
    super(message);
    this.name = name;
  }
}

/** A call of KMS as its caller saw it. */
export interface KmsCall {
  readonly operation: string;
  /** Absent for success. */
  readonly exception?: { readonly name: string; readonly message: string } | undefined;
}

/** The place of KMS, and who calls it. */
export interface KmsConfig {
  readonly endpoint: string;
  readonly region: string;
  readonly accessKeyId: string;
  readonly secretAccessKey: Secret;
}

/** A caller of KMS over HTTP, who remembers what he was told. */
export class Kms {
  readonly #config: KmsConfig;
  #calls: KmsCall[] = [];

  constructor(config: KmsConfig) {
    this.#config = config;
  }

  /** @throws KmsError when KMS refuses, or the network's error */
  async call(operation: string, input: object): Promise<KmsOutput> {
    const { statusCode, output } = await this.#send(operation, JSON.stringify(input));
    if (statusCode === OK) {
      this.#calls.push({ operation });
      return output;
    }
    const name = textIn(output, '__type');
    const message = typeof output['message'] === 'string' ? output['message'] : '';
    this.#calls.push({ operation, exception: { name, message } });
    throw new KmsError(name, message);
  }

  /** The calls since this was last asked. */
  takeCalls(): readonly KmsCall[] {
    const calls = this.#calls;
    this.#calls = [];
    return calls;
  }

  async #send(operation: string, body: string) {
    const { endpoint, region, accessKeyId, secretAccessKey } = this.#config;
    const { host } = new URL(endpoint);
    const signed = aws4.sign(
      {
        method: 'POST',
        host,
        path: '/',
        service: 'kms',
        region,
        body,
        headers: { 'Content-Type': CONTENT_TYPE, 'X-Amz-Target': `TrentService.${operation}` },
      },
      { accessKeyId, secretAccessKey: secretAccessKey.reveal() },
    );
    const headers = Object.entries(signed.headers ?? {}).map(
      ([name, value]) => [name, String(value)] as const,
    );
    const answer = await request(`${endpoint}/`, {
      method: 'POST',
      headers: Object.fromEntries(headers),
      body,
    });
    return { statusCode: answer.statusCode, output: (await answer.body.json()) as KmsOutput };
  }
}

/** Returns a text in an output. @throws Error where it is missing */
export function textIn(output: KmsOutput, member: string): string {
  const text = output[member];
  if (typeof text !== 'string') throw new Error(`KMS answered without ${member}`);
  return text;
}

/** Returns the bytes that an output has in Base64. @throws Error where they are missing */
export function bytesIn(output: KmsOutput, member: string): Buffer {
  return Buffer.from(textIn(output, member), 'base64');
}

/** Returns an object in an output, or the first of a list. @throws Error where it is missing */
export function objectIn(output: KmsOutput, member: string): KmsOutput {
  const value: unknown = output[member];
  const found: unknown = Array.isArray(value) ? value[0] : value;
  if (typeof found === 'object' && found !== null) return found as KmsOutput;
  throw new Error(`KMS answered without ${member}`);
}
