import { frameOf } from './frames.js';

/** Operations of a child, each with its byte on the pipe. */
export const OPERATIONS = {
  open: 1,
  describe: 2,
  encrypt: 3,
  decrypt: 4,
  list: 5,
  create: 6,
  discard: 7,
  encryptAndTry: 8,
} as const;

/** The name of an operation. */
export type Operation = keyof typeof OPERATIONS;

/** The operations that requests of KMS wait for. */
export const CIPHER_OPERATIONS: ReadonlySet<Operation> = new Set([
  'encrypt',
  'encryptAndTry',
  'decrypt',
]);

/** Status of a reply: the result, or the reason why there is none. */
export const STATUS = { ok: 0, failed: 1 } as const;

const REQUEST_HEADER_BYTES = 13;
const REPLY_HEADER_BYTES = 5;

/** A request as the child sees it. */
export interface Request {
  readonly id: number;
  /** One of {@link OPERATIONS}. */
  readonly operation: number;
  /** On the machine's monotonic clock, {@link machineTimeMs}. Later than that nobody waits. */
  readonly expiresAt: number;
  readonly body: Buffer;
}

/** A reply as the parent sees it. */
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

/** The frame of a request. */
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

/** The frame of a reply. */
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
