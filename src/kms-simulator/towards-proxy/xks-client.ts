import type { Clock } from '../../shared/clock.js';
import { fieldsOf } from './answer-body.js';
import {
  type EncryptAnswer,
  type HealthAnswer,
  type MetadataAnswer,
  readDecryptAnswer,
  readEncryptAnswer,
  readHealthAnswer,
  readMetadataAnswer,
} from './answers.js';
import type { Faults, FaultSwitch } from './faults.js';
import type { ProxyConnections, RawAnswer } from './proxy-connections.js';
import type { RequestMetadata } from './request-metadata.js';
import { type ProxyCredential, signedHeaders } from './signing.js';
import { XksFailure } from './xks-failure.js';

/** An operation of the XKS Proxy API. */
export type XksOperation = 'Encrypt' | 'Decrypt' | 'GetKeyMetadata' | 'GetHealthStatus';

/** The proxy of a key store, as KMS knows it. */
export interface ProxyTarget {
  /** Name without scheme and port. */
  readonly host: string;
  readonly uriPath: string;
  readonly credential: ProxyCredential;
}

/** The end of a call of the proxy, for CloudWatch. */
export interface ProxyCall {
  readonly operation: XksOperation;
  readonly kmsOperation: string;
  readonly durationMs: number;
  /** Absent for success. */
  readonly failure?: XksFailure | undefined;
}

/** The parts that a client of proxies is made of. */
export interface XksClientPorts {
  readonly connections: ProxyConnections;
  readonly faults: FaultSwitch;
  readonly clock: Clock;
  /** A number from 0 up to 1, for what is lost by chance. */
  readonly chance: () => number;
  readonly region: string;
}

/** The circumstances of a call, beside what it asks for. */
export interface ProxyCallContext {
  readonly target: ProxyTarget;
  readonly metadata: RequestMetadata;
  readonly onCall: (call: ProxyCall) => void;
}

interface ProxyRequest {
  readonly operation: XksOperation;
  /** Path below the key store's. */
  readonly path: string;
  readonly body: object;
}

/** Time that KMS gives a proxy, connection included. @see XKS Proxy API, KMS Considerations */
export const ATTEMPT_MS = 250;
const ATTEMPTS = 2;

/** Calls a proxy as KMS does, and believes no answer that is not as the specification has it. */
export class XksClient {
  readonly #ports: XksClientPorts;

  constructor(ports: XksClientPorts) {
    this.#ports = ports;
  }

  /** @throws XksFailure */
  async encrypt(
    context: ProxyCallContext,
    keyId: string,
    plaintext: Buffer,
    aad: Buffer,
  ): Promise<EncryptAnswer> {
    const body = {
      requestMetadata: context.metadata,
      additionalAuthenticatedData: aad.toString('base64'),
      plaintext: plaintext.toString('base64'),
      encryptionAlgorithm: 'AES_GCM',
      ciphertextDataIntegrityValueAlgorithm: 'SHA_256',
    };
    const request = { operation: 'Encrypt', path: `/keys/${keyId}/encrypt`, body } as const;
    return this.#call(context, request, (fields) => readEncryptAnswer(fields, plaintext, aad));
  }

  /**
   * @param open makes of the proxy's plaintext what KMS has encrypted, or throws an XksFailure
   * @throws XksFailure
   */
  async decrypt(
    context: ProxyCallContext,
    keyId: string,
    { sealed, aad }: { readonly sealed: EncryptAnswer; readonly aad: Buffer },
    open: (plaintext: Buffer) => Buffer,
  ): Promise<Buffer> {
    const { ciphertext, ciphertextMetadata, initializationVector, authenticationTag } = sealed;
    const body = {
      requestMetadata: context.metadata,
      ciphertext: ciphertext.toString('base64'),
      ciphertextMetadata: ciphertextMetadata?.toString('base64'),
      encryptionAlgorithm: 'AES_GCM',
      additionalAuthenticatedData: aad.toString('base64'),
      authenticationTag: authenticationTag.toString('base64'),
      initializationVector: initializationVector.toString('base64'),
    };
    const request = { operation: 'Decrypt', path: `/keys/${keyId}/decrypt`, body } as const;
    return this.#call(context, request, (fields) => open(readDecryptAnswer(fields, ciphertext)));
  }

  /** @throws XksFailure */
  async getKeyMetadata(context: ProxyCallContext, keyId: string): Promise<MetadataAnswer> {
    const body = { requestMetadata: context.metadata };
    const path = `/keys/${keyId}/metadata`;
    const request = { operation: 'GetKeyMetadata', path, body } as const;
    return this.#call(context, request, readMetadataAnswer);
  }

  /** @throws XksFailure, for managers that are all unavailable as well */
  async getHealthStatus(context: ProxyCallContext): Promise<HealthAnswer> {
    const body = { requestMetadata: context.metadata };
    const request = { operation: 'GetHealthStatus', path: '/health', body } as const;
    return this.#call(context, request, readHealthAnswer);
  }

  async #call<Answer>(
    context: ProxyCallContext,
    { operation, path, body }: ProxyRequest,
    read: (fields: unknown) => Answer,
  ): Promise<Answer> {
    const { clock } = this.#ports;
    const begun = clock.monotonic();
    const finish = (failure?: XksFailure): void => {
      const { kmsOperation } = context.metadata;
      const durationMs = clock.monotonic() - begun;
      context.onCall({ operation, kmsOperation, durationMs, failure });
    };
    try {
      const raw = await this.#send(context.target, `${context.target.uriPath}${path}`, body);
      const answer = read(fieldsOf(raw));
      finish();
      return answer;
    } catch (error) {
      if (error instanceof XksFailure) finish(error);
      throw error;
    }
  }

  /** KMS tries once more when the network has timed out, with the same request id. */
  async #send(target: ProxyTarget, path: string, body: object): Promise<RawAnswer> {
    const text = JSON.stringify(body);
    for (let attempt = 1; ; attempt += 1) {
      try {
        return await this.#attempt(target, path, text);
      } catch (error) {
        const isTimeout = error instanceof XksFailure && error.timedOut;
        if (!isTimeout || attempt === ATTEMPTS) throw error;
      }
    }
  }

  async #attempt(target: ProxyTarget, path: string, body: string): Promise<RawAnswer> {
    const { connections, faults, clock, chance, region } = this.#ports;
    const { latencyMs, lostConnections, clockSkewSeconds, signedRegion } = faults.inForce;
    await travel(faults.inForce);
    const unsigned = {
      path,
      body,
      host: target.host,
      at: clock.now() + clockSkewSeconds * 1000,
      region: signedRegion ?? region,
    };
    return connections.send({
      host: target.host,
      path,
      headers: signedHeaders(unsigned, target.credential),
      body,
      timeoutMs: ATTEMPT_MS - latencyMs,
      loseConnection: chance() < lostConnections,
    });
  }
}

/** The time of a slow network, which may be all that there is. */
async function travel({ latencyMs }: Faults): Promise<void> {
  if (latencyMs === 0) return;
  await new Promise((resolve) => setTimeout(resolve, Math.min(latencyMs, ATTEMPT_MS)));
  if (latencyMs < ATTEMPT_MS) return;
  throw new XksFailure('timeout', `the network takes ${latencyMs} ms`, { timedOut: true });
}
