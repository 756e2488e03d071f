import type { IncomingMessage } from 'node:http';
import { parsedJson } from '../../shared/parsed-json.js';
import { KmsException } from '../exceptions.js';

/** More than the largest input needs: a policy, or 6,144 bytes in Base64 and an 8 KB context. */
const MAX_BODY_BYTES = 1024 * 1024;
/** More than any input of KMS has; far less than what recursion can follow. */
const MAX_LEVELS = 32;

/**
 * Reads the body of a request, to its end also where it is too large: a connection that is ended
 * in the middle would lose the answer.
 *
 * @throws KmsException for one that is too large
 */
export async function readBody(request: IncomingMessage): Promise<Buffer> {
  const pieces: Buffer[] = [];
  let bytes = 0;
  for await (const piece of request as AsyncIterable<Buffer>) {
    bytes += piece.length;
    if (bytes <= MAX_BODY_BYTES) pieces.push(piece);
  }
  if (bytes > MAX_BODY_BYTES) {
    throw new KmsException('RequestEntityTooLargeException', 'The request is too large.', 413);
  }
  return Buffer.concat(pieces);
}

/** Reads the JSON of a body. @throws KmsException for what is no JSON object */
export function parseBody(body: Buffer): Readonly<Record<string, unknown>> {
  const value = parsedJson(body.toString() || '{}');
  if (isObject(value) && !Array.isArray(value) && !isDeeperThan(MAX_LEVELS, value)) {
    return value as Readonly<Record<string, unknown>>;
  }
  throw new KmsException('SerializationException', '');
}

/** Goes down level by level, as recursion would end in a RangeError. */
function isDeeperThan(levels: number, value: object): boolean {
  let level: readonly object[] = [value];
  for (let depth = 0; depth < levels && level.length > 0; depth += 1) {
    level = level.flatMap((container) => Object.values(container).filter(isObject));
  }
  return level.length > 0;
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null;
}
