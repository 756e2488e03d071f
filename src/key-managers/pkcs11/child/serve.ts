import { readSync, writeSync } from 'node:fs';
import { isErrno } from '../../../shared/errno.js';
import {
  decodeRequest,
  encodeReply,
  machineTimeMs,
  type Request,
  STATUS,
} from '../wire/envelope.js';
import { FrameReader } from '../wire/frames.js';
import type { Failure } from '../wire/messages.js';
import { toTokenFailure } from './cryptoki-error.js';

const CHUNK_BYTES = 262_144;
/** Time for which a reply may be held, to be written together with others. */
const MAX_HOLD_MS = 1;

/** Carries out one request. @returns the body of the reply, in parts; throws on failure */
export type Handler = (request: Request) => Buffer[];

/**
 * Answers requests from a pipe until the other end is closed or the library can no longer be used.
 * It reads and writes synchronously: the native calls are synchronous, too, and the process has
 * nothing else to do.
 *
 * @param fd a blocking socket or pipe, for both directions
 * @returns whether the library can still be used
 */
export function serve(fd: number, handler: Handler): boolean {
  const reader = new FrameReader();
  const chunk = Buffer.allocUnsafe(CHUNK_BYTES);
  let isOfUse = true;
  while (isOfUse) {
    const bytes = uninterrupted(() => readSync(fd, chunk));
    if (bytes === 0) return true;
    const replies = new HeldReplies(fd);
    for (const frame of reader.push(chunk.subarray(0, bytes))) {
      const { reply, effect } = answer(handler, decodeRequest(frame));
      replies.add(reply);
      isOfUse = effect === undefined || effect === 'session-lost';
      if (!isOfUse) break;
    }
    replies.flush();
  }
  return false;
}

/** Replies that are written together. A slow request causes those before it to be written. */
class HeldReplies {
  readonly #fd: number;
  #held: Buffer[] = [];
  #flushedAt = machineTimeMs();

  constructor(fd: number) {
    this.#fd = fd;
  }

  add(reply: Buffer): void {
    this.#held.push(reply);
    if (machineTimeMs() - this.#flushedAt > MAX_HOLD_MS) this.flush();
  }

  flush(): void {
    const bytes = this.#held.length === 1 ? this.#held[0] : Buffer.concat(this.#held);
    this.#held = [];
    for (let sent = 0; bytes !== undefined && sent < bytes.length; ) {
      const from = sent;
      sent += uninterrupted(() => writeSync(this.#fd, bytes, from));
    }
    this.#flushedAt = machineTimeMs();
  }
}

/** Repeats a system call that a signal has interrupted; nothing was read or written then. */
function uninterrupted(call: () => number): number {
  for (;;) {
    try {
      return call();
    } catch (error) {
      if (!isErrno(error, 'EINTR')) throw error;
    }
  }
}

function answer(handler: Handler, request: Request): { reply: Buffer; effect: Failure['effect'] } {
  try {
    const reply = encodeReply(request.id, STATUS.ok, handler(request));
    return { reply, effect: undefined };
  } catch (error) {
    const { code, message, effect } = toTokenFailure(error);
    const failure = Buffer.from(JSON.stringify({ code, message, effect } satisfies Failure));
    return { reply: encodeReply(request.id, STATUS.failed, [failure]), effect };
  }
}
