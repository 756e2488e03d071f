import type { Deadline } from '../../shared/deadline.js';
import { KeyManagerError, type KeyUsage } from '../backend.js';
import type { ChildRequest } from './pool/child-process.js';
import {
  type CipherReply,
  type CipherRequest,
  decodeCipherReply,
  encodeCipherRequest,
} from './wire/cipher-messages.js';
import type { Operation } from './wire/envelope.js';
import {
  type DiscardRequest,
  type KeyReply,
  type OpenRequest,
  replySchemas,
  type TokenReply,
} from './wire/messages.js';

/** Opening a session and making a key take a network HSM seconds. */
const SLOW_STALL_MS = 15_000;

/** Encryption alone, or with a trial decryption of what came of it. */
export type EncryptOperation = 'encrypt' | 'encryptAndTry';

/** One child, or a pool of them. */
export interface Asked {
  request(request: ChildRequest): Promise<Buffer>;
}

/** The requests that a child understands, as functions. */
export class TokenClient {
  readonly #asked: Asked;
  readonly #stallMs: number;

  /** @param stallMs how long a native call may take before its child counts as hung */
  constructor(asked: Asked, stallMs: number) {
    this.#asked = asked;
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

  /** @returns with `triedSha256` exactly where the operation is `encryptAndTry` */
  async encrypt(
    operation: EncryptOperation,
    request: CipherRequest,
    deadline: Deadline,
  ): Promise<CipherReply> {
    const body = encodeCipherRequest(request);
    // Two native calls in one turn.
    const stallMs = operation === 'encryptAndTry' ? 2 * this.#stallMs : this.#stallMs;
    return decodeCipherReply(await this.#asked.request({ operation, body, deadline, stallMs }));
  }

  decrypt(request: CipherRequest, deadline: Deadline): Promise<Buffer> {
    const body = encodeCipherRequest(request);
    const stallMs = this.#stallMs;
    return this.#asked.request({ operation: 'decrypt', body, deadline, stallMs });
  }

  async #ask(operation: Operation, message: object, deadline: Deadline): Promise<unknown> {
    const body = [Buffer.from(JSON.stringify(message))];
    const stallMs = SLOW_STALL_MS;
    const reply = await this.#asked.request({ operation, body, deadline, stallMs });
    try {
      return JSON.parse(reply.toString());
    } catch (cause) {
      throw new KeyManagerError('internal', `the reply to ${operation} is no JSON`, { cause });
    }
  }
}
