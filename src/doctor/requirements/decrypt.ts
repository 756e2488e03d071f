import { type Body, decryptBody, type EncryptAnswer, without } from '../client/bodies.js';
import { askDecrypt, seal, sealedOnce, SERVED, SOME_AAD } from '../calls.js';
import { CALL_FAILS, MALFORMED, UNBOUND, WRONG_ERROR } from '../explanations.js';
import { base64Of, flipped, refusedAs, served, shown } from '../judgement.js';
import type { ErrorName } from '../error-codes.js';
import type { Requirement, Section, Subject } from '../requirement.js';
import { demand, NotLookedAt } from '../verdict.js';
import { base64Requirements } from './base64.js';

const INVALID = ['InvalidCiphertextException'] as const;
/** Metadata and lengths are a vendor's own or may be parameters, so that both errors fit them. */
const REFUSED = ['InvalidCiphertextException', 'ValidationException'] as const;
type Errors = readonly [ErrorName, ...ErrorName[]];

/** A change to a request that would decrypt, and the errors that fit. */
type Change = readonly [
  id: string,
  text: string,
  errors: Errors,
  change: (sealed: EncryptAnswer) => Body,
];

const changes: readonly Change[] = [
  ['ciphertext', 'a bit of the ciphertext', INVALID, (sealed) => flip(sealed, 'ciphertext')],
  ['tag', 'a bit of the tag', INVALID, (sealed) => flip(sealed, 'authenticationTag')],
  ['iv', 'a bit of the IV', INVALID, (sealed) => flip(sealed, 'initializationVector')],
  [
    'aad',
    'a bit of the AAD',
    INVALID,
    () => ({ additionalAuthenticatedData: flipped(SOME_AAD.additionalAuthenticatedData) }),
  ],
  ['aad-absent', 'the AAD, left out', INVALID, () => ({ additionalAuthenticatedData: undefined })],
  ['iv-length', 'the length of the IV', REFUSED, otherIv],
  ['metadata', 'a bit of the metadata', REFUSED, (sealed) => flip(sealed, 'ciphertextMetadata')],
  [
    'metadata-absent',
    'the metadata, left out',
    REFUSED,
    (sealed) => withMetadata(sealed, undefined),
  ],
  ['metadata-empty', 'the metadata, empty', REFUSED, (sealed) => withMetadata(sealed, '')],
  ['metadata-moved', 'the metadata, moved into the AAD', REFUSED, movedIntoAad],
];

function flip(sealed: EncryptAnswer, field: keyof EncryptAnswer): Body {
  if (field === 'ciphertextMetadata') needsMetadata(sealed);
  return { [field]: flipped(sealed[field] ?? '') };
}

function otherIv({ initializationVector }: EncryptAnswer): Body {
  const { length } = Buffer.from(initializationVector, 'base64');
  return { initializationVector: base64Of(length === 16 ? 12 : 16) };
}

/** @throws NotLookedAt where the proxy answers no metadata */
function needsMetadata({ ciphertextMetadata }: EncryptAnswer): void {
  if (ciphertextMetadata === undefined) {
    throw NotLookedAt.byChoice('the proxy answers no ciphertextMetadata, which it may leave out');
  }
}

function withMetadata(sealed: EncryptAnswer, ciphertextMetadata: string | undefined): Body {
  needsMetadata(sealed);
  return { ciphertextMetadata };
}

/** The change that the lengths within the cipher's AAD are there to catch. */
function movedIntoAad(sealed: EncryptAnswer): Body {
  needsMetadata(sealed);
  const parts = [SOME_AAD.additionalAuthenticatedData, sealed.ciphertextMetadata ?? ''];
  const joined = Buffer.concat(parts.map((part) => Buffer.from(part, 'base64')));
  return { additionalAuthenticatedData: joined.toString('base64'), ciphertextMetadata: undefined };
}

/** Sends the request that would decrypt, with other fields. */
async function decryptWith(subject: Subject, overrides: Body) {
  const sealed = await sealedOnce(subject);
  return askDecrypt(subject, decryptBody(sealed, { ...SOME_AAD, ...overrides }));
}

const bindings = changes.map(
  ([id, text, errors, change]): Requirement => ({
    id: `decrypt.changed-${id}`,
    level: 'MUST',
    text: `a change of ${text} is ${errors.join(' or ')}`,
    after: SERVED.decrypt,
    ...UNBOUND,
    check: async (subject) => {
      const overrides = change(await sealedOnce(subject));
      refusedAs(await decryptWith(subject, overrides), ...errors);
      return undefined;
    },
  }),
);

const lengths: readonly Requirement[] = [
  {
    id: 'decrypt.short-tag',
    level: 'MUST',
    text: 'a true tag that was cut short is refused, though GCM itself would take it',
    after: SERVED.decrypt,
    ...UNBOUND,
    check: async (subject) => {
      const sealed = await sealedOnce(subject);
      const tag = Buffer.from(sealed.authenticationTag, 'base64');
      const short = [0, 4, 8, 12, 13, 14, 15].map((length) => tag.subarray(0, length));
      for (const bytes of [...short, Buffer.concat([tag, Buffer.of(0)])]) {
        const authenticationTag = bytes.toString('base64');
        refusedAs(await decryptWith(subject, { authenticationTag }), ...REFUSED);
      }
      return undefined;
    },
  },
  {
    id: 'decrypt.iv-lengths',
    level: 'MUST',
    text: 'an IV that is neither 12 nor 16 bytes long is refused',
    after: SERVED.decrypt,
    ...WRONG_ERROR,
    check: async (subject) => {
      for (const length of [0, 1, 8, 11, 13, 15, 17, 64]) {
        const initializationVector = base64Of(length);
        refusedAs(await decryptWith(subject, { initializationVector }), ...REFUSED);
      }
      return undefined;
    },
  },
  {
    id: 'decrypt.long-metadata',
    level: 'MUST',
    text: 'metadata of more than 20 bytes is refused',
    after: SERVED.decrypt,
    ...WRONG_ERROR,
    check: async (subject) => {
      const ciphertextMetadata = base64Of(21);
      refusedAs(await decryptWith(subject, { ciphertextMetadata }), ...REFUSED);
      return undefined;
    },
  },
];

const fields: readonly Requirement[] = [
  ...[
    'requestMetadata',
    'ciphertext',
    'encryptionAlgorithm',
    'initializationVector',
    'authenticationTag',
  ].map(
    (field): Requirement => ({
      id: `decrypt.required-${field}`,
      level: 'MUST',
      text: `${field} is required`,
      after: SERVED.decrypt,
      ...WRONG_ERROR,
      check: async (subject) => {
        const body = without(decryptBody(await sealedOnce(subject), SOME_AAD), field);
        // A ciphertext that is "corrupted, missing, or otherwise invalid".
        refusedAs(await askDecrypt(subject, body), 'ValidationException', ...INVALID);
        return undefined;
      },
    }),
  ),
  ...[
    'ciphertext',
    'ciphertextMetadata',
    'initializationVector',
    'authenticationTag',
    'additionalAuthenticatedData',
  ].flatMap((field) =>
    base64Requirements(
      {
        operation: 'decrypt',
        field,
        isOptional: field === 'ciphertextMetadata' || field === 'additionalAuthenticatedData',
      },
      (subject, value) => decryptWith(subject, { [field]: value }),
    ),
  ),
];

/** @see XKS Proxy API, section Decrypt */
export const decryptSection: Section = {
  title: 'Decrypt',
  requirements: [
    {
      id: SERVED.decrypt,
      level: 'MUST',
      text: 'Decrypt is served: an encrypted plaintext with its AAD comes back',
      after: [SERVED.encrypt, 'encrypt.ciphertext', 'encrypt.tag'],
      meaning: 'Data that was encrypted cannot be read: callers see KMSInvalidStateException.',
      advice: 'Look into the log of the proxy for the reason; compare the AAD of both calls.',
      check: async (subject) => {
        const { plaintext } = served(await decryptWith(subject, {}));
        const expected = subject.plaintext.toString('base64');
        demand(plaintext === expected, `plaintext is ${shown(plaintext)}`);
        return undefined;
      },
    },
    {
      id: 'decrypt.no-aad',
      level: 'MUST',
      text: 'what was encrypted without AAD is decrypted without',
      after: SERVED.decrypt,
      ...CALL_FAILS,
      check: async (subject) => {
        const { plaintext } = served(await askDecrypt(subject, decryptBody(await seal(subject))));
        demand(plaintext === subject.plaintext.toString('base64'), 'another plaintext came back');
        return undefined;
      },
    },
    {
      id: 'decrypt.nothing-else',
      level: 'OWN',
      text: 'the answer is the plaintext and nothing else',
      after: SERVED.decrypt,
      ...MALFORMED,
      check: async (subject) => {
        const names = Object.keys(served(await decryptWith(subject, {})));
        demand(names.join() === 'plaintext', `there are ${names.join()}`);
        return undefined;
      },
    },
    {
      id: 'decrypt.repeated',
      level: 'MUST',
      text: 'a ciphertext can be decrypted again, whatever was refused in between',
      after: SERVED.decrypt,
      ...CALL_FAILS,
      check: async (subject) => {
        const wrong = base64Of(16);
        refusedAs(await decryptWith(subject, { authenticationTag: wrong }), ...REFUSED);
        served(await decryptWith(subject, {}));
        return undefined;
      },
    },
    ...bindings,
    ...lengths,
    {
      id: 'decrypt.other-key',
      level: 'MUST',
      text: 'what one key has sealed another does not open',
      after: SERVED.decrypt,
      ...UNBOUND,
      check: async (subject) => {
        const { otherKey } = subject.keys;
        if (otherKey === undefined) throw NotLookedAt.byChoice('no --other-key is given');
        const sealed = await sealedOnce(subject);
        const answer = await askDecrypt(subject, decryptBody(sealed, SOME_AAD), otherKey);
        refusedAs(answer, ...INVALID);
        return undefined;
      },
    },
    ...fields,
  ],
};
