import { z } from 'zod';
import { Connection } from '../bench/connection.js';
import {
  decryptBody,
  encryptBody,
  makeSample,
  type Operation,
  signRequest,
} from '../bench/requests.js';
import type { Endpoint } from '../bench/targets/target.js';
import type { HoldfastServer } from './holdfast-server.js';

const CONNECTIONS = 8;

/** A request that was answered, as the client knows it. */
export interface Answer {
  /** As records name it. */
  readonly operation: 'Encrypt' | 'Decrypt';
  readonly kmsRequestId: string;
  readonly status: number;
  /** Absent from a success. */
  readonly errorName: string | undefined;
}

const base64 = z.base64();
const sealedSchema = z.looseObject({
  authenticationTag: base64,
  ciphertext: base64,
  ciphertextDataIntegrityValue: base64,
  ciphertextMetadata: base64,
  initializationVector: base64,
});
const refusalSchema = z.looseObject({ errorName: z.string() });

/**
 * Encrypts and decrypts on several connections until the server is gone.
 *
 * @param answers every whole answer is added to them as it comes
 * @param wasKilled whether a connection may fail by now
 * @throws what ended a connection before that
 */
export async function loadUntilKilled(
  server: HoldfastServer,
  answers: Answer[],
  wasKilled: () => boolean,
): Promise<void> {
  const endpoint = endpointOf(server);
  const ask = async (): Promise<void> => {
    let connection: Connection | undefined;
    try {
      connection = await Connection.open(endpoint);
      for (;;) await encryptAndDecrypt(new Caller(endpoint, connection, answers));
    } catch (error) {
      if (!wasKilled()) throw error;
    } finally {
      connection?.close();
    }
  };
  await Promise.all(Array.from({ length: CONNECTIONS }, ask));
}

async function encryptAndDecrypt(caller: Caller): Promise<void> {
  const sample = makeSample('GenerateDataKey');
  const { kmsRequestId = '' } = sample.requestMetadata;
  const sealed = await caller.call('encrypt', kmsRequestId, encryptBody(sample));
  if (sealed === undefined) return;
  await caller.call('decrypt', kmsRequestId, decryptBody(sample, sealedSchema.parse(sealed)));
}

/** Keeps what it is answered. */
class Caller {
  readonly #endpoint: Endpoint;
  readonly #connection: Connection;
  readonly #answers: Answer[];

  constructor(endpoint: Endpoint, connection: Connection, answers: Answer[]) {
    this.#endpoint = endpoint;
    this.#connection = connection;
    this.#answers = answers;
  }

  /** @returns the body of a success, undefined for anything else */
  async call(operation: Operation, kmsRequestId: string, body: string): Promise<unknown> {
    const request = signRequest(this.#endpoint, operation, body);
    const { status, body: bytes } = await this.#connection.send(request);
    const answer: unknown = JSON.parse(bytes.toString());
    this.#answers.push({
      operation: operation === 'encrypt' ? 'Encrypt' : 'Decrypt',
      kmsRequestId,
      status,
      errorName: status === 200 ? undefined : refusalSchema.parse(answer).errorName,
    });
    return status === 200 ? answer : undefined;
  }
}

/** The address of a server, and what its quickstart key store takes. */
export function endpointOf({ port, ca, uriPath, credential }: HoldfastServer): Endpoint {
  return {
    host: '127.0.0.1',
    port,
    certificateAuthority: ca,
    uriPath,
    externalKeyId: 'quickstart-key',
    region: 'eu-west-1',
    ...credential,
  };
}
