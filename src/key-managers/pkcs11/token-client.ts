import type { Deadline } from '../../shared/deadline.js';
import { TAG_BYTES } from '../../shared/gcm.js';
import { type ImportWay, KeyManagerError, type KeyUsage, type Sealed } from '../backend.js';
import type { ChildRequest } from './pool/child-process.js';
import {
  type CipherRequest,
  decodeCipherReply,
  encodeCipherRequest,
} from './wire/cipher-messages.js';
import type { Operation } from './wire/envelope.js';
import {
  type DestroyRequest,
  type DiscardRequest,
  type ImportMaterialRequest,
  type KeyReply,
  type OpenRequest,
  replySchemas,
  type RotateReply,
  type TokenReply,
  type WrappingKeyReply,
} from './wire/messages.js';

/** A network HSM takes seconds to open a session or to create a key. */
const SLOW_STALL_MS = 15_000;
/** An HSM takes half a minute and more to make an RSA pair of 4096 bits. */
const PAIR_STALL_MS = 120_000;

/** Encryption alone, or with a trial decryption of the ciphertext. */
export type EncryptOperation = 'encrypt' | 'encryptAndTry';

/** A child, or a pool of them. */
export interface RequestChannel {
  request(request: ChildRequest): Promise<Buffer>;
}

/** Sends the requests that a child understands, a method each. */
export class TokenClient {
  readonly #channel: RequestChannel;
  readonly #stallMs: number;

  /** @param stallMs time after which a native call counts as hung */
  constructor(channel: RequestChannel, stallMs: number) {
    this.#channel = channel;
    this.#stallMs = stallMs;
  }

  async open(request: OpenRequest, deadline: Deadline): Promise<TokenReply> {
    return replySchemas.open.parse(await this.#ask('open', request, deadline));
  }

  async describe(externalKeyId: string, deadline: Deadline): Promise<KeyReply> {
    return replySchemas.describe.parse(await this.#ask('describe', { externalKeyId }, deadline));
  }

  async list(deadline: Deadline): Promise<KeyReply[]> {
    return replySchemas.list.parse(await this.#ask('list', {}, deadline));
  }

  async create(
    externalKeyId: string,
    usage: ReadonlySet<KeyUsage>,
    deadline: Deadline,
  ): Promise<KeyReply> {
    const request = { externalKeyId, usage: [...usage] };
    return replySchemas.create.parse(await this.#ask('create', request, deadline));
  }

  async discard(request: DiscardRequest, deadline: Deadline): Promise<void> {
    await this.#ask('discard', request, deadline);
  }

  /** Generates the version after `from`, or lets the one that waits there encrypt. */
  async rotate(externalKeyId: string, from: number, deadline: Deadline): Promise<RotateReply> {
    return replySchemas.rotate.parse(await this.#ask('rotate', { externalKeyId, from }, deadline));
  }

  /** Destroys a key, or one version of it. */
  async destroy(request: DestroyRequest, deadline: Deadline): Promise<void> {
    await this.#ask('destroy', request, deadline);
  }

  async createWrappingKey(way: ImportWay, deadline: Deadline): Promise<WrappingKeyReply> {
    const reply = await this.#ask('createWrappingKey', { way }, deadline, PAIR_STALL_MS);
    return replySchemas.createWrappingKey.parse(reply);
  }

  async destroyWrappingKey(wrappingKeyId: string, deadline: Deadline): Promise<void> {
    await this.#ask('destroyWrappingKey', { wrappingKeyId }, deadline);
  }

  async destroyOldWrappingKeys(deadline: Deadline): Promise<void> {
    await this.#ask('destroyOldWrappingKeys', {}, deadline);
  }

  async importMaterial(request: ImportMaterialRequest, deadline: Deadline): Promise<KeyReply> {
    return replySchemas.importMaterial.parse(await this.#ask('importMaterial', request, deadline));
  }

  /** Encrypts. @returns the ciphertext, with `triedSha256` for the operation `encryptAndTry` */
  encrypt(
    operation: EncryptOperation,
    request: CipherRequest,
    deadline: Deadline,
  ): Promise<Sealed> {
    const body = encodeCipherRequest(request);
    // Two native calls in one turn.
    const stallMs = operation === 'encryptAndTry' ? 2 * this.#stallMs : this.#stallMs;
    return this.#channel.request({ operation, body, deadline, stallMs }).then(sealedIn);
  }

  decrypt(request: CipherRequest, deadline: Deadline): Promise<Buffer> {
    const body = encodeCipherRequest(request);
    const stallMs = this.#stallMs;
    return this.#channel.request({ operation: 'decrypt', body, deadline, stallMs });
  }

  async #ask(
    operation: Operation,
    message: object,
    deadline: Deadline,
    stallMs = SLOW_STALL_MS,
  ): Promise<unknown> {
    const body = [Buffer.from(JSON.stringify(message))];
    const reply = await this.#channel.request({ operation, body, deadline, stallMs });
    try {
      return JSON.parse(reply.toString());
    } catch (cause) {
      throw new KeyManagerError('internal', `the reply to ${operation} is not JSON`, { cause });
    }
  }
}

function sealedIn(body: Buffer): Sealed {
  const { iv, output, triedSha256 } = decodeCipherReply(body);
  const tagAt = output.length - TAG_BYTES;
  return { iv, ciphertext: output.subarray(0, tagAt), tag: output.subarray(tagAt), triedSha256 };
}
