import type { Clock } from '../../shared/clock.js';
import { Deadline } from '../../shared/deadline.js';
import {
  type ImportWay,
  KeyManagerError,
  type KeySummary,
  type KeyUsage,
  type MaterialImport,
  type Witness,
  type WrappedMaterial,
  type WrappingKey,
} from '../backend.js';
import { NOT_MATERIAL } from './not-material.js';
import type { Pkcs11Token } from './pkcs11-token.js';
import type { TokenAdministration } from './token-administration.js';
import type { ImportMaterialRequest, WitnessMessage } from './wire/messages.js';

/** The process may take half a minute and more for an RSA pair of 4096 bits. */
const BUDGET_MS = 120_000;
/** RFC 5649 makes 40 bytes of 32. */
const WRAPPED_BYTES = 40;

/** The import of material into one token, by unwrapping there. */
export class TokenImport implements MaterialImport {
  readonly #token: Pkcs11Token;
  readonly #administration: TokenAdministration;
  readonly #clock: Clock;

  constructor(token: Pkcs11Token, administration: TokenAdministration, clock: Clock) {
    this.#token = token;
    this.#administration = administration;
    this.#clock = clock;
  }

  get ways(): readonly ImportWay[] {
    return this.#token.report?.importWays ?? [];
  }

  async createWrappingKey(way: ImportWay): Promise<WrappingKey> {
    const deadline = Deadline.after(this.#clock, BUDGET_MS);
    const { wrappingKeyId, publicKey } = await this.#token.inFreshProcess(deadline, (client) =>
      client.createWrappingKey(way, deadline),
    );
    return { wrappingKeyId, publicKey: Buffer.from(publicKey, 'base64') };
  }

  async destroyWrappingKey(wrappingKeyId: string): Promise<void> {
    const deadline = Deadline.after(this.#clock, BUDGET_MS);
    await this.#token.client.destroyWrappingKey(wrappingKeyId, deadline);
  }

  async destroyOldWrappingKeys(): Promise<void> {
    await this.#token.client.destroyOldWrappingKeys(Deadline.after(this.#clock, BUDGET_MS));
  }

  importKeyMaterial(externalKeyId: string, material: WrappedMaterial): Promise<KeySummary> {
    return this.#administration.act(async (deadline) => {
      assertLength(material);
      const usage = await this.#usageOf(externalKeyId, deadline);
      const request = requestOf(externalKeyId, material, usage);
      const key = await this.#token.inFreshProcess(deadline, (client) =>
        client.importMaterial(request, deadline),
      );
      return { ...(await this.#administration.changed(key)), origin: 'external' as const };
    }, BUDGET_MS);
  }

  /** The usage of the versions that there are; a first one is for both. */
  async #usageOf(externalKeyId: string, deadline: Deadline): Promise<readonly KeyUsage[]> {
    try {
      const { versions } = await this.#token.client.describe(externalKeyId, deadline);
      return [...new Set(versions.flatMap(({ usage }) => usage))];
    } catch (error) {
      if (!(error instanceof KeyManagerError) || error.code !== 'key-not-found') throw error;
      return ['ENCRYPT', 'DECRYPT'];
    }
  }
}

function requestOf(
  externalKeyId: string,
  { version, way, wrappingKeyId, wrapped, waits, witness }: WrappedMaterial,
  usage: readonly KeyUsage[],
): ImportMaterialRequest {
  return {
    externalKeyId,
    version,
    usage: waits ? usage.filter((each) => each !== 'ENCRYPT') : usage,
    way,
    wrappingKeyId,
    wrapped: wrapped.toString('base64'),
    ...(witness === undefined ? {} : { witness: messageOf(witness) }),
  };
}

function messageOf({ sealed, aad, plaintext }: Witness): WitnessMessage {
  return {
    iv: sealed.iv.toString('base64'),
    sealed: Buffer.concat([sealed.ciphertext, sealed.tag]).toString('base64'),
    aad: aad.toString('base64'),
    plaintext: plaintext.toString('base64'),
  };
}

/** 32 bytes have one length in each way, so a token need not be asked about any other. */
function assertLength({ wrapped, way }: WrappedMaterial): void {
  const rsaBytes = Number(way.wrappingKeySpec.slice('RSA_'.length)) / 8;
  const isOfAes = way.wrappingAlgorithm === 'RSA_AES_KEY_WRAP_SHA_256';
  const expected = rsaBytes + (isOfAes ? WRAPPED_BYTES : 0);
  if (wrapped.length === expected) return;
  throw new KeyManagerError('rejected', NOT_MATERIAL);
}
