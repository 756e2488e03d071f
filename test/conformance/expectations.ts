import { expect, vi } from 'vitest';
import { ERROR_CODES, type ErrorName } from '../../src/doctor/error-codes.js';
import type { HoldfastServer } from '../support/holdfast-server.js';
import type { Reply, XksClient } from '../support/xks-client.js';
import { type Body, encryptBody, type EncryptAnswer } from '../support/xks-requests.js';

/** Expects a success: 200 and one line of JSON. @returns the body */
export function expectSuccess(reply: Reply): Body {
  expect([reply.status, reply.json?.['errorMessage']]).toEqual([200, undefined]);
  expectOneLineOfJson(reply);
  return reply.json ?? {};
}

/** Expects the error, its status, and an answer in the form that every error has. */
export function expectError(reply: Reply, errorName: ErrorName): void {
  expect([reply.json?.['errorName'], reply.status]).toEqual([errorName, ERROR_CODES[errorName]]);
  expectOneLineOfJson(reply);
  expect(Object.keys(reply.json ?? {}).sort()).toEqual(['errorMessage', 'errorName']);
  expect(reply.json?.['errorMessage']).toMatch(/^[\x20-\x7e]{1,511}$/);
  expectNothingLeaks(reply);
}

function expectOneLineOfJson(reply: Reply): void {
  expect(reply.headers['content-type']).toBe('application/json');
  expect(reply.body).toMatch(/^\{[^\r\n]*\}$/);
}

/** No stack, no file name, no name of what the server is made of. */
function expectNothingLeaks({ headers, body }: Reply): void {
  expect(body).not.toMatch(/node_modules|\.[jt]s\b|\bat \S+ \(|Error:/);
  expect(headers).not.toHaveProperty('x-powered-by');
  expect(headers).not.toHaveProperty('server');
}

/** Encrypts with a key of the client's key store. */
export async function encrypt(
  client: XksClient,
  overrides: Body = {},
  externalKeyId = 'quickstart-key',
): Promise<EncryptAnswer> {
  const reply = await client.call(`keys/${externalKeyId}/encrypt`, encryptBody(overrides));
  const { ciphertext, ciphertextMetadata, initializationVector, authenticationTag, ...rest } =
    expectSuccess(reply);
  return {
    ciphertext: text(ciphertext),
    ciphertextMetadata: text(ciphertextMetadata),
    initializationVector: text(initializationVector),
    authenticationTag: text(authenticationTag),
    ...rest,
  };
}

function text(value: unknown): string {
  expect(value).toBeTypeOf('string');
  return String(value);
}

/** The same bytes with one bit of their last byte changed. @param base64 of at least one byte */
export function flipped(base64: string): string {
  const bytes = Buffer.from(base64, 'base64');
  const last = bytes.length - 1;
  bytes.writeUInt8(bytes.readUInt8(last) ^ 1, last);
  return bytes.toString('base64');
}

/** That many bytes of the same value, in base64. */
export function base64Of(length: number): string {
  return Buffer.alloc(length, 0x5a).toString('base64');
}

/** The line that the log has of one request; it may come a moment after the answer. */
export function lineOf(
  server: HoldfastServer,
  kmsRequestId: string,
): Promise<Record<string, unknown>> {
  return vi.waitFor(
    () => {
      const lines = server.log().split('\n');
      const line = lines.find((text) => text.includes(kmsRequestId));
      expect(line).toBeDefined();
      return JSON.parse(line ?? '') as Record<string, unknown>;
    },
    { timeout: 10_000 },
  );
}
