import { redacted } from '../../../shared/redaction.js';
import {
  decodeCipherRequest,
  encodeCipherReply,
  type CipherRequest,
} from '../wire/cipher-messages.js';
import { machineTimeMs, OPERATIONS, type Request } from '../wire/envelope.js';
import type { OpenRequest, TokenReply } from '../wire/messages.js';
import { administer } from './administer.js';
import { decrypt, encrypt, encryptAndTry } from './cipher.js';
import { isDeadHandle, toTokenFailure } from './cryptoki-error.js';
import type { NamedKeyObject } from './key-objects.js';
import { TokenFailure } from './token-failure.js';
import { TokenSession } from './token-session.js';

/** Carries out the requests of the parent, one after the other. */
export class Worker {
  #session: TokenSession | undefined;

  /**
   * @returns the body of the reply, in parts
   * @throws TokenFailure, CryptokiError
   */
  handle({ operation, expiresAt, body }: Request): Buffer[] {
    if (machineTimeMs() > expiresAt) {
      throw new TokenFailure('deadline', 'the deadline passed before the request had its turn');
    }
    switch (operation) {
      case OPERATIONS.encrypt:
        return this.#encrypt(encrypt, decodeCipherRequest(body));
      case OPERATIONS.encryptAndTry:
        return this.#encrypt(encryptAndTry, decodeCipherRequest(body));
      case OPERATIONS.decrypt:
        return [this.#decrypt(decodeCipherRequest(body))];
      case OPERATIONS.open:
        return json(this.#open(JSON.parse(body.toString()) as OpenRequest));
      default:
        return json(administer(this.#opened(), operation, JSON.parse(body.toString())));
    }
  }

  #open(request: OpenRequest): TokenReply {
    try {
      this.#session = this.#session?.reopened(request) ?? TokenSession.open(request);
      return this.#session.token;
    } catch (error) {
      const { code, message, effect } = toTokenFailure(error);
      throw new TokenFailure(code, redacted(message, [request.pin]), effect);
    }
  }

  #encrypt(how: typeof encrypt, request: CipherRequest): Buffer[] {
    return encodeCipherReply(this.#withKey(request, (session, key) => how(session, key, request)));
  }

  #decrypt(request: CipherRequest): Buffer {
    return this.#withKey(request, (session, key) => decrypt(session, key, request));
  }

  /** Finds the key again when its handle is invalid or its remembered material has changed. */
  #withKey<T>(
    { lookup, materialName }: CipherRequest,
    use: (session: TokenSession, key: NamedKeyObject) => T,
  ): T {
    const text = lookup.toString('latin1');
    const attempt = (session: TokenSession): T => {
      const key = session.key(text, machineTimeMs());
      if (key.name.bytes.equals(materialName)) return use(session, key);
      session.forget(text);
      throw new TokenFailure('version-not-found', `the key with ${text} has other material`);
    };
    const session = this.#opened();
    const isRemembered = session.remembers(text, machineTimeMs());
    try {
      return attempt(session);
    } catch (error) {
      if (!isDeadHandle(error) && !(isRemembered && isOfOtherMaterial(error))) throw error;
      session.forget(text);
      return attempt(session);
    }
  }

  #opened(): TokenSession {
    if (this.#session !== undefined) return this.#session;
    throw new TokenFailure('internal', 'no token is open');
  }

  /** Finalises the library. */
  close(): void {
    this.#session?.cryptoki.finalise();
  }
}

function isOfOtherMaterial(error: unknown): boolean {
  return error instanceof TokenFailure && error.code === 'version-not-found';
}

function json(reply: object): Buffer[] {
  return [Buffer.from(JSON.stringify(reply))];
}
