import { frameOf } from './frames.js';

/** The operations of a child, with their bytes on the pipe. */
export const OPERATIONS = {
  open: 1,
  describe: 2,
  encrypt: 3,
  decrypt: 4,
  list: 5,
  create: 6,
  discard: 7,
  encryptAndTry: 8,
  rotate: 9,
  destroy: 10,
  createWrappingKey: 11,
  destroyWrappingKey: 12,
  importMaterial: 13,
  destroyOldWrappingKeys: 14,
} as const;

/** The name of an operation. */
export type Operation = keyof typeof OPERATIONS;

/** The operations that encrypt or decrypt. */
export const CIPHER_OPERATIONS: ReadonlySet<Operation> = new Set([
  'encrypt',
  'encryptAndTry',
  'decrypt',
]);

/** Status of a reply: the body is the result, or a failure. */
export const STATUS = { ok: 0, failed: 1 } as const;

const REQUEST_HEADER_BYTES = 13;
const REPLY_HEADER_BYTES = 5;

/** A request as the child receives it. */
export interface Request {
  readonly id: number;
  /** One of {@link OPERATIONS}. */
  readonly operation: number;
  /** Deadline on the clock of {@link machineTimeMs}. */
  readonly expiresAt: number;
  readonly body: Buffer;
}

/** A reply as the parent receives it. */
export interface Reply {
  readonly id: number;
  /** One of {@link STATUS}. */
  readonly status: number;
  readonly body: Buffer;
}

/** Milliseconds on the clock that all processes of a machine share (CLOCK_MONOTONIC). */
export function machineTimeMs(): number {
  const [seconds, nanoseconds] = process.hrtime();
  return seconds * 1e3 + nanoseconds / 1e6;
}

/** Encodes the frame of a request. */
export function encodeRequest(
  { id, operation, expiresAt }: Omit<Request, 'body'>,
  body: readonly Buffer[],
): Buffer {
  const header = Buffer.allocUnsafe(REQUEST_HEADER_BYTES);
  header.writeUInt32BE(id, 0);
  header.writeUInt8(operation, 4);
  header.writeDoubleBE(expiresAt, 5);
  return frameOf([header, ...body]);
}

/** @param frame without its length */
export function decodeRequest(frame: Buffer): Request {
  return {
    id: frame.readUInt32BE(0),
    operation: frame.readUInt8(4),
    expiresAt: frame.readDoubleBE(5),
    body: frame.subarray(REQUEST_HEADER_BYTES),
  };
}

/** Encodes the frame of a reply. */
export function encodeReply(id: number, status: number, body: readonly Buffer[]): Buffer {
  const header = Buffer.allocUnsafe(REPLY_HEADER_BYTES);
  header.writeUInt32BE(id, 0);
  header.writeUInt8(status, 4);
  return frameOf([header, ...body]);
}

/** @param frame without its length */
export function decodeReply(frame: Buffer): Reply {
  return {
    id: frame.readUInt32BE(0),
    status: frame.readUInt8(4),
    body: frame.subarray(REPLY_HEADER_BYTES),
  };
}
