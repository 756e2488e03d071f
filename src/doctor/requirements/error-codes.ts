import type { Answer } from '../client/answer.js';
import { decryptBody, encryptBody, metadataBody } from '../client/bodies.js';
import {
  askDecrypt,
  askEncrypt,
  askHealth,
  askMetadata,
  keyOf,
  sealedOnce,
  SERVED,
} from '../calls.js';
import type { ErrorName } from '../error-codes.js';
import { WRONG_ERROR } from '../explanations.js';
import { base64Of, refusedAs } from '../judgement.js';
import type { Requirement, Section, Subject, SubjectKeys } from '../requirement.js';
import { NotLookedAt } from '../verdict.js';

const NOBODY = 'holdfast-doctor-nobody';
const withProof = { ciphertextDataIntegrityValueAlgorithm: 'SHA_256' };

/** Key of a caller's option. @throws NotLookedAt */
function keyNamed({ keys }: Subject, name: keyof SubjectKeys, option: string): string {
  const id = keys[name];
  if (id === undefined) throw NotLookedAt.byChoice(`no ${option} is given`);
  return id;
}

const encryptOnly = (subject: Subject) => keyNamed(subject, 'encryptOnlyKey', '--encrypt-only-key');
const decryptOnly = (subject: Subject) => keyNamed(subject, 'decryptOnlyKey', '--decrypt-only-key');
const disabled = (subject: Subject) => keyNamed(subject, 'disabledKey', '--disabled-key');

/** A request with an error to expect of it. */
interface Provocation {
  readonly id: string;
  readonly errorName: ErrorName;
  readonly cause: string;
  readonly after: string;
  readonly provoke: (subject: Subject) => Promise<Answer>;
}

async function decryptOf(subject: Subject, id: string): Promise<Answer> {
  return askDecrypt(subject, decryptBody(await sealedOnce(subject)), id);
}

const unknownKey: readonly Provocation[] = [
  {
    id: 'errors.unknown-key.metadata',
    errorName: 'KeyNotFoundException',
    cause: 'GetKeyMetadata of a key that does not exist',
    after: 'metadata.makes-no-key',
    provoke: (subject) => askMetadata(subject, metadataBody(), NOBODY),
  },
  {
    id: 'errors.unknown-key.encrypt',
    errorName: 'KeyNotFoundException',
    cause: 'Encrypt with a key that does not exist',
    after: SERVED.encrypt,
    provoke: (subject) => askEncrypt(subject, encryptBody(subject.plaintext), NOBODY),
  },
  {
    id: 'errors.unknown-key.decrypt',
    errorName: 'KeyNotFoundException',
    cause: 'Decrypt with a key that does not exist',
    after: SERVED.decrypt,
    provoke: (subject) => decryptOf(subject, NOBODY),
  },
];

const paths: readonly Provocation[] = [
  {
    id: 'errors.unknown-prefix',
    errorName: 'InvalidUriPathException',
    cause: 'a path prefix of nobody',
    after: SERVED.health,
    provoke: (subject) =>
      askHealth(subject, undefined, { uriPath: '/holdfast-doctor-nobody/kms/xks/v1' }),
  },
  {
    id: 'errors.unknown-operation',
    errorName: 'InvalidUriPathException',
    cause: 'an operation that does not exist',
    after: SERVED.metadata,
    provoke: (subject) => subject.client.call(`keys/${keyOf(subject)}/sign`, metadataBody()),
  },
  {
    id: 'errors.unknown-version',
    errorName: 'InvalidUriPathException',
    cause: 'another version of the API',
    after: SERVED.health,
    provoke: (subject) => {
      const uriPath = subject.endpoint.uriPath.replace(/\/v1$/, '/v2');
      return askHealth(subject, undefined, { uriPath });
    },
  },
];

const usages: readonly Provocation[] = [
  {
    id: 'errors.encrypt-only.decrypt',
    errorName: 'InvalidKeyUsageException',
    cause: 'Decrypt with an encrypt-only key',
    after: SERVED.decrypt,
    provoke: (subject) => decryptOf(subject, encryptOnly(subject)),
  },
  {
    id: 'errors.encrypt-only.integrity-value',
    errorName: 'InvalidKeyUsageException',
    cause: 'Encrypt with the integrity value by an encrypt-only key, which cannot prove it',
    after: SERVED.encrypt,
    provoke: (subject) =>
      askEncrypt(subject, encryptBody(subject.plaintext, withProof), encryptOnly(subject)),
  },
  {
    id: 'errors.decrypt-only.encrypt',
    errorName: 'InvalidKeyUsageException',
    cause: 'Encrypt with a decrypt-only key',
    after: SERVED.encrypt,
    provoke: (subject) => askEncrypt(subject, encryptBody(subject.plaintext), decryptOnly(subject)),
  },
  {
    id: 'errors.disabled.encrypt',
    errorName: 'InvalidStateException',
    cause: 'Encrypt with a disabled key',
    after: SERVED.encrypt,
    provoke: (subject) => askEncrypt(subject, encryptBody(subject.plaintext), disabled(subject)),
  },
  {
    id: 'errors.disabled.decrypt',
    errorName: 'InvalidStateException',
    cause: 'Decrypt with a disabled key',
    after: SERVED.decrypt,
    provoke: (subject) => decryptOf(subject, disabled(subject)),
  },
];

const bodies: readonly Provocation[] = [
  {
    id: 'errors.no-json.metadata',
    errorName: 'ValidationException',
    cause: 'GetKeyMetadata with a body that is no JSON',
    after: SERVED.metadata,
    provoke: (subject) => askMetadata(subject, '{"requestMetadata":'),
  },
  {
    id: 'errors.no-json.encrypt',
    errorName: 'ValidationException',
    cause: 'Encrypt with a body that is no JSON',
    after: SERVED.encrypt,
    provoke: (subject) => askEncrypt(subject, '{"requestMetadata":'),
  },
  {
    id: 'errors.no-json.decrypt',
    errorName: 'ValidationException',
    cause: 'Decrypt with a body that is no JSON',
    after: SERVED.decrypt,
    provoke: (subject) => askDecrypt(subject, '{"requestMetadata":'),
  },
  {
    id: 'errors.empty.encrypt',
    errorName: 'ValidationException',
    cause: 'Encrypt with an empty object',
    after: SERVED.encrypt,
    provoke: (subject) => askEncrypt(subject, {}),
  },
  {
    id: 'errors.foreign-ciphertext',
    errorName: 'InvalidCiphertextException',
    cause: 'a ciphertext of nobody',
    after: SERVED.decrypt,
    provoke: async (subject) => {
      const sealed = { ...(await sealedOnce(subject)), ciphertext: base64Of(32) };
      return askDecrypt(subject, decryptBody(sealed));
    },
  },
];

/** @see XKS Proxy API, section Error codes */
export const errorCodes: Section = {
  title: 'Error codes',
  requirements: [...unknownKey, ...paths, ...usages, ...bodies].map(
    ({ id, errorName, cause, after, provoke }): Requirement => ({
      id,
      level: 'MUST',
      text: `${errorName} for ${cause}`,
      after,
      ...WRONG_ERROR,
      check: async (subject) => {
        refusedAs(await provoke(subject), errorName);
        return undefined;
      },
    }),
  ),
};
