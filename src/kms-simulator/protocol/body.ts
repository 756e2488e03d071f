import type { IncomingMessage } from 'node:http';
import { KmsException } from '../exceptions.js';

/** More than the largest input needs: a policy, or 6,144 bytes in Base64 and an 8 KB context. */
const MAX_BODY_BYTES = 1024 * 1024;

/** Reads the body of a request. @throws KmsException for one that is too large */
export async function readBody(request: IncomingMessage): Promise<Buffer> {
  const pieces: Buffer[] = [];
  let bytes = 0;
  for await (const piece of request as AsyncIterable<Buffer>) {
    bytes += piece.length;
    if (bytes > MAX_BODY_BYTES) {
      throw new KmsException('RequestEntityTooLargeException', 'The request is too large.', 413);
    }
    pieces.push(piece);
  }
  return Buffer.concat(pieces);
}

/** Reads the JSON of a body. @throws KmsException for what is no JSON object */
export function parseBody(body: Buffer): Readonly<Record<string, unknown>> {
  const value = parsed(body);
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) {
    return value as Readonly<Record<string, unknown>>;
  }
  throw new KmsException('SerializationException', '');
}

function parsed(body: Buffer): unknown {
  try {
    return JSON.parse(body.toString() || '{}');
  } catch {
    return undefined;
  }
}
