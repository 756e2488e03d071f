import { hash } from 'node:crypto';
import type { Clock } from '../../shared/clock.js';
import type { RandomBytes } from '../../shared/randomness.js';
import type { Call } from '../call.js';
import type { MetricsSink } from '../events/metrics-sink.js';
import { KmsException } from '../exceptions.js';
import { inspectionMetadataOf, keyMetadataOf } from '../towards-proxy/request-metadata.js';
import { XksFailure } from '../towards-proxy/xks-failure.js';
import type { CustomKeyStores } from './custom-key-stores.js';
import type { ExternalCryptography, ExternalKey, KeyCensus } from './external-cryptography.js';
import { exceptionFor, translated } from './failed-call.js';
import type { ProxySide } from './proxy-side.js';
import { Quota } from './quota.js';
import type { KeyStoreRecord } from './record.js';
import { openInside, packAnswer, sealInside, unpackAnswer } from './sealed-blob.js';

/** AAD that every proxy has to take. @see XKS Proxy API, Encrypt */
const MAX_AAD_BYTES = 8192;

/** The parts that cryptography with external keys is made of. */
export interface ExternalKeysPorts {
  readonly stores: CustomKeyStores;
  readonly keys: KeyCensus;
  readonly proxySide: ProxySide;
  readonly metrics: MetricsSink;
  readonly clock: Clock;
  readonly randomBytes: RandomBytes;
  readonly requestsPerSecond: number;
}

/** Cryptography with external keys, by way of their proxies. */
export class ExternalKeys implements ExternalCryptography {
  readonly #ports: ExternalKeysPorts;
  readonly #quotas = new Map<string, Quota>();
  /** External keys that a CreateKey is just asking for. */
  readonly #claimed = new Set<string>();

  constructor(ports: ExternalKeysPorts) {
    this.#ports = ports;
  }

  async encrypt(key: ExternalKey, plaintext: Buffer, aad: Buffer, call: Call): Promise<Buffer> {
    const { proxySide, randomBytes } = this.#ports;
    const store = this.#admit(key, call);
    const inner = sealInside(key.innerKey, plaintext, innerAad(key, aad), randomBytes);
    const context = proxySide.contextOf(store, keyMetadataOf(call, key.arn));
    const answer = await translated('cryptographic', () =>
      proxySide.client.encrypt(context, key.xksKeyId, inner, outerAad(aad)),
    );
    return packAnswer(key.innerKey, key.arn, answer);
  }

  async decrypt(key: ExternalKey, sealed: Buffer, aad: Buffer, call: Call): Promise<Buffer> {
    const { proxySide } = this.#ports;
    const store = this.#admit(key, call);
    const answer = unpackAnswer(key.innerKey, key.arn, sealed);
    if (answer === undefined) throw new KmsException('InvalidCiphertextException', '');
    const context = proxySide.contextOf(store, keyMetadataOf(call, key.arn));
    const work = { sealed: answer, aad: outerAad(aad) };
    return translated('cryptographic', () =>
      proxySide.client.decrypt(context, key.xksKeyId, work, (inner) => {
        const plaintext = openInside(key.innerKey, inner, innerAad(key, aad));
        if (plaintext !== undefined) return plaintext;
        throw new XksFailure('other-plaintext', 'the proxy has decrypted to something else');
      }),
    );
  }

  async inspect(customKeyStoreId: string, xksKeyId: string, call: Call): Promise<void> {
    const store = this.#ports.stores.get(customKeyStoreId, call.account);
    if (store.connectionState !== 'CONNECTED') throw exceptionFor('not-connected', 'createKey');
    const claim = `${customKeyStoreId}/${xksKeyId}`;
    this.#requireUnused(customKeyStoreId, xksKeyId, claim);
    this.#claimed.add(claim);
    try {
      await translated('createKey', () => this.#requireFit(store, xksKeyId, call));
    } finally {
      this.#claimed.delete(claim);
    }
    this.#requireUnused(customKeyStoreId, xksKeyId, claim);
  }

  /** @returns the key store, which is connected and has room for a request */
  #admit({ customKeyStoreId }: ExternalKey, { operation }: Call): KeyStoreRecord {
    const { stores, metrics, clock, requestsPerSecond } = this.#ports;
    const store = stores.find(customKeyStoreId);
    if (store?.connectionState !== 'CONNECTED') {
      throw exceptionFor('not-connected', 'cryptographic');
    }
    let quota = this.#quotas.get(customKeyStoreId);
    if (quota === undefined) {
      quota = new Quota(requestsPerSecond, clock);
      this.#quotas.set(customKeyStoreId, quota);
    }
    if (quota.take()) return store;
    metrics.throttled(customKeyStoreId, operation);
    throw new KmsException(
      'ThrottlingException',
      'You have exceeded the rate at which you may call KMS. Reduce the frequency of your calls.',
    );
  }

  /** Keys that are pending deletion still have their external key. */
  #requireUnused(customKeyStoreId: string, xksKeyId: string, claim: string): void {
    const used = [...this.#ports.keys.xksKeyIds(customKeyStoreId)];
    if (!used.includes(xksKeyId) && !this.#claimed.has(claim)) return;
    throw new KmsException(
      'XksKeyAlreadyInUseException',
      `The external key ${xksKeyId} is already associated with another KMS key in this external key store. Each KMS key in an external key store must be associated with a different external key.`,
    );
  }

  async #requireFit(store: KeyStoreRecord, xksKeyId: string, call: Call): Promise<void> {
    const { proxySide } = this.#ports;
    const context = proxySide.contextOf(store, inspectionMetadataOf(call));
    const metadata = await proxySide.client.getKeyMetadata(context, xksKeyId);
    if (metadata.keySpec !== 'AES_256') {
      throw new XksFailure('unfit-key', 'the external key is no AES_256 key');
    }
    if (metadata.keyStatus !== 'ENABLED') {
      throw new XksFailure('InvalidStateException', 'the external key is disabled');
    }
    if (!['ENCRYPT', 'DECRYPT'].every((usage) => metadata.keyUsage.includes(usage))) {
      throw new XksFailure('InvalidKeyUsageException', 'the external key is not for both');
    }
  }
}

/** KMS's own encryption binds the KMS key as well. */
function innerAad({ arn }: ExternalKey, aad: Buffer): Buffer {
  return Buffer.concat([Buffer.from(`${arn}\n`), aad]);
}

/** The AAD for the proxy: one that is longer than a proxy has to take goes as its digest. */
function outerAad(aad: Buffer): Buffer {
  return aad.length <= MAX_AAD_BYTES ? aad : hash('sha256', aad, 'buffer');
}
