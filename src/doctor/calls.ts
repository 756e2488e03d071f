import type { Answer } from './client/answer.js';
import {
  type Body,
  decryptBody,
  encryptBody,
  type EncryptAnswer,
  healthBody,
  metadataBody,
} from './client/bodies.js';
import type { CallOverrides } from './client/proxy-client.js';
import { served } from './judgement.js';
import type { Subject } from './requirement.js';
import { NotLookedAt } from './verdict.js';

/** The four operations by the last part of their paths. */
export const OPERATIONS = ['health', 'metadata', 'encrypt', 'decrypt'] as const;

/** One of {@link OPERATIONS}. */
export type Operation = (typeof OPERATIONS)[number];

/** Names of the operations in the specification. */
export const OPERATION_NAMES: Readonly<Record<Operation, string>> = {
  health: 'GetHealthStatus',
  metadata: 'GetKeyMetadata',
  encrypt: 'Encrypt',
  decrypt: 'Decrypt',
};

/** The requirement that has to be met before others of the operation can be looked at. */
export const SERVED: Readonly<Record<Operation, string>> = {
  health: 'health.served',
  metadata: 'metadata.served',
  encrypt: 'encrypt.served',
  decrypt: 'decrypt.served',
};

/** The key that the checks use. @throws NotLookedAt */
export function keyOf({ keys }: Subject): string {
  if (keys.key === undefined) throw NotLookedAt.byChoice('no --key is given');
  return keys.key;
}

/** The path of an operation below the key store's. @throws NotLookedAt */
export function pathOf(subject: Subject, operation: Operation): string {
  return operation === 'health' ? 'health' : `keys/${keyOf(subject)}/${operation}`;
}

/** Calls GetHealthStatus. */
export function askHealth(
  { client }: Subject,
  body: Body | string = healthBody(),
  overrides: CallOverrides = {},
): Promise<Answer> {
  return client.call('health', body, overrides);
}

/** Calls GetKeyMetadata. */
export function askMetadata(
  subject: Subject,
  body: Body | string = metadataBody(),
  externalKeyId = keyOf(subject),
): Promise<Answer> {
  return subject.client.call(`keys/${externalKeyId}/metadata`, body);
}

/** Refuses to encrypt where the caller wants none of it. @throws NotLookedAt */
export function mayEncrypt({ isReadOnly }: Subject): void {
  if (isReadOnly) throw NotLookedAt.byChoice('--read-only: nothing is encrypted');
}

/** Calls Encrypt. @param body default: the plaintext without AAD. @throws NotLookedAt */
export function askEncrypt(
  subject: Subject,
  body: Body | string = encryptBody(subject.plaintext),
  externalKeyId = keyOf(subject),
): Promise<Answer> {
  mayEncrypt(subject);
  return subject.client.call(`keys/${externalKeyId}/encrypt`, body);
}

/** Calls Decrypt. */
export function askDecrypt(
  subject: Subject,
  body: Body | string,
  externalKeyId = keyOf(subject),
): Promise<Answer> {
  return subject.client.call(`keys/${externalKeyId}/decrypt`, body);
}

/** Encrypts. @returns the answer as it came; its form is judged by requirements of their own */
export async function seal(
  subject: Subject,
  overrides: Body = {},
  externalKeyId = keyOf(subject),
): Promise<EncryptAnswer> {
  const body = encryptBody(subject.plaintext, overrides);
  return asSealed(served(await askEncrypt(subject, body, externalKeyId)));
}

/** The fields of an answer of Encrypt; one that is absent or of another type is an empty text. */
export function asSealed(fields: Body): EncryptAnswer {
  const text = (field: string) => {
    const value = fields[field];
    return typeof value === 'string' ? value : '';
  };
  const metadata = text('ciphertextMetadata');
  return {
    ciphertext: text('ciphertext'),
    initializationVector: text('initializationVector'),
    authenticationTag: text('authenticationTag'),
    ...(metadata === '' ? {} : { ciphertextMetadata: metadata }),
  };
}

/** AAD that the checks of Decrypt use, as a field of a request. */
export const SOME_AAD = {
  additionalAuthenticatedData: Buffer.from('project=nile').toString('base64'),
} as const;

const sealedBefore = new WeakMap<Subject, Promise<EncryptAnswer>>();

/** One ciphertext under {@link SOME_AAD}, made once, so that few calls encrypt. */
export function sealedOnce(subject: Subject): Promise<EncryptAnswer> {
  const before = sealedBefore.get(subject) ?? seal(subject, SOME_AAD);
  sealedBefore.set(subject, before);
  return before;
}

/** The body that any of the operations takes, with other metadata. */
export async function bodyFor(
  subject: Subject,
  operation: Operation,
  requestMetadata: Body,
): Promise<Body> {
  switch (operation) {
    case 'health':
      return healthBody({ requestMetadata });
    case 'metadata':
      return metadataBody({ requestMetadata });
    case 'encrypt':
      return encryptBody(subject.plaintext, { requestMetadata });
    case 'decrypt':
      return decryptBody(await sealedOnce(subject), { ...SOME_AAD, requestMetadata });
  }
}

/** Calls an operation with a body. @throws NotLookedAt */
export function ask(subject: Subject, operation: Operation, body: Body | string): Promise<Answer> {
  if (operation === 'encrypt') mayEncrypt(subject);
  return subject.client.call(pathOf(subject, operation), body);
}
