import { createHash } from 'node:crypto';
import { type Body, encryptBody, without } from '../client/bodies.js';
import { askEncrypt, SERVED, SOME_AAD } from '../calls.js';
import { CALL_FAILS, MALFORMED, WRONG_ERROR } from '../explanations.js';
import { base64Of, bytesOf, refusedAs, served } from '../judgement.js';
import type { Requirement, Section, Subject } from '../requirement.js';
import { demand } from '../verdict.js';
import { base64Requirements } from './base64.js';

const TAG_BYTES = 16;
const MAX_METADATA_BYTES = 20;
const PROOF = { ciphertextDataIntegrityValueAlgorithm: 'SHA_256' } as const;

async function answerTo(subject: Subject, overrides: Body = {}): Promise<Body> {
  return served(await askEncrypt(subject, encryptBody(subject.plaintext, overrides)));
}

/** Bytes of the metadata, which may be absent. */
function metadataOf(answer: Body): Buffer {
  return answer['ciphertextMetadata'] === undefined
    ? Buffer.of()
    : bytesOf(answer, 'ciphertextMetadata');
}

const form: readonly Requirement[] = (
  [
    [
      'ciphertext',
      'ciphertext is Base64 and as long as the plaintext',
      (answer: Body, { plaintext }: Subject) => {
        const { length } = bytesOf(answer, 'ciphertext');
        demand(length === plaintext.length, `${length} bytes for ${plaintext.length}`);
      },
    ],
    [
      'iv',
      'initializationVector is Base64 of 12 or 16 bytes',
      (answer: Body) => {
        const { length } = bytesOf(answer, 'initializationVector');
        demand(length === 12 || length === 16, `${length} bytes`);
      },
    ],
    [
      'tag',
      'authenticationTag is Base64 of 16 bytes',
      (answer: Body) => {
        const { length } = bytesOf(answer, 'authenticationTag');
        demand(length === TAG_BYTES, `${length} bytes`);
      },
    ],
    [
      'metadata',
      'ciphertextMetadata, if there is one, is Base64 of at most 20 bytes',
      (answer: Body) => {
        const { length } = metadataOf(answer);
        demand(length <= MAX_METADATA_BYTES, `${length} bytes`);
      },
    ],
  ] as const
).map(
  ([id, text, judge]): Requirement => ({
    id: `encrypt.${id}`,
    level: 'MUST',
    text,
    after: SERVED.encrypt,
    ...MALFORMED,
    check: async (subject) => {
      judge(await answerTo(subject), subject);
      return undefined;
    },
  }),
);

const integrity = (['without AAD', 'with AAD'] as const).map(
  (title): Requirement => ({
    id: `encrypt.integrity-value-${title === 'with AAD' ? 'with-aad' : 'without-aad'}`,
    level: 'MUST',
    text: `the integrity value is the one of Appendix C, ${title}`,
    after:
      title === 'with AAD'
        ? 'encrypt.integrity-value-without-aad'
        : ['encrypt.integrity-value', 'encrypt.ciphertext', 'encrypt.iv', 'encrypt.tag'],
    meaning:
      'KMS always asks for the value, compares it with its own, and fails the call: callers see ' +
      'KMSInvalidStateException.',
    advice:
      'Hash additionalAuthenticatedData, ciphertextMetadata, IV, ciphertext and tag in this ' +
      'order, decoded, without lengths; leave out what is absent.',
    check: async (subject) => {
      const aad = title === 'with AAD' ? SOME_AAD : undefined;
      const answer = await answerTo(subject, { ...PROOF, ...aad });
      const hash = createHash('sha256')
        .update(Buffer.from(aad?.additionalAuthenticatedData ?? '', 'base64'))
        .update(metadataOf(answer));
      for (const field of ['initializationVector', 'ciphertext', 'authenticationTag']) {
        hash.update(Buffer.from(String(answer[field]), 'base64'));
      }
      const expected = hash.digest('base64');
      const found = String(answer['ciphertextDataIntegrityValue']);
      demand(found === expected, `it is ${found} in place of ${expected}`);
      return undefined;
    },
  }),
);

const refusals: readonly Requirement[] = [
  ...(
    [
      ['encryptionAlgorithm', 'AES_CBC'],
      ['encryptionAlgorithm', 'aes_gcm'],
      ['ciphertextDataIntegrityValueAlgorithm', 'SHA_512'],
      ['ciphertextDataIntegrityValueAlgorithm', ''],
    ] as const
  ).map(
    ([field, value]): Requirement => ({
      id: `encrypt.${field}-${value === '' ? 'empty' : value}`,
      level: value === 'aes_gcm' || value === '' ? 'SHOULD' : 'MUST',
      text: `${field} "${value}" is refused`,
      after: SERVED.encrypt,
      ...WRONG_ERROR,
      check: async (subject) => {
        const body = encryptBody(subject.plaintext, { [field]: value });
        const answer = await askEncrypt(subject, body);
        refusedAs(answer, 'ValidationException', 'UnsupportedOperationException');
        return undefined;
      },
    }),
  ),
  ...['requestMetadata', 'plaintext', 'encryptionAlgorithm'].map(
    (field): Requirement => ({
      id: `encrypt.required-${field}`,
      level: 'MUST',
      text: `${field} is required`,
      after: SERVED.encrypt,
      ...WRONG_ERROR,
      check: async (subject) => {
        const body = without(encryptBody(subject.plaintext), field);
        refusedAs(await askEncrypt(subject, body), 'ValidationException');
        return undefined;
      },
    }),
  ),
  ...['plaintext', 'additionalAuthenticatedData'].flatMap((field) =>
    base64Requirements(
      { operation: 'encrypt', field, isOptional: field !== 'plaintext' },
      async (subject, value) =>
        askEncrypt(subject, encryptBody(subject.plaintext, { [field]: value })),
    ),
  ),
];

/** @see XKS Proxy API, section Encrypt */
export const encryptSection: Section = {
  title: 'Encrypt',
  requirements: [
    {
      id: SERVED.encrypt,
      level: 'MUST',
      text: 'Encrypt is served',
      after: SERVED.metadata,
      ...CALL_FAILS,
      check: async (subject) => {
        await answerTo(subject);
        return undefined;
      },
    },
    ...form,
    {
      id: 'encrypt.new-iv',
      level: 'MUST',
      text: 'two encryptions of one plaintext have neither IV nor ciphertext in common',
      after: SERVED.encrypt,
      meaning:
        'KMS notices nothing, but an IV that is used twice under one key gives away plaintexts ' +
        'and the key of the tags.',
      advice: 'Take every IV from a random generator, and never from a caller or a cache.',
      check: async (subject) => {
        const [a, b] = [await answerTo(subject), await answerTo(subject)];
        for (const field of ['initializationVector', 'ciphertext']) {
          demand(a[field] !== b[field], `${field} is ${String(a[field])} both times`);
        }
        return undefined;
      },
    },
    {
      id: 'encrypt.same-metadata',
      level: 'OWN',
      text: 'two encryptions under one version of a key have the same metadata',
      after: SERVED.encrypt,
      ...MALFORMED,
      check: async (subject) => {
        const [a, b] = [await answerTo(subject), await answerTo(subject)];
        demand(a['ciphertextMetadata'] === b['ciphertextMetadata'], 'it differs');
        return undefined;
      },
    },
    {
      id: 'encrypt.integrity-value',
      level: 'MUST',
      text: 'the integrity value comes when it is asked for',
      after: SERVED.encrypt,
      meaning: 'KMS always asks for it, and fails every Encrypt and data key without it.',
      advice: 'Answer ciphertextDataIntegrityValue, 32 bytes in Base64, as Appendix C says.',
      check: async (subject) => {
        const { length } = bytesOf(await answerTo(subject, PROOF), 'ciphertextDataIntegrityValue');
        demand(length === 32, `it has ${length} bytes`);
        return undefined;
      },
    },
    ...integrity,
    {
      id: 'encrypt.integrity-value-unasked',
      level: 'OWN',
      text: 'the integrity value comes only when it is asked for',
      after: SERVED.encrypt,
      ...MALFORMED,
      check: async (subject) => {
        const { ciphertextDataIntegrityValue: value } = await answerTo(subject);
        demand(value === undefined, `it is ${JSON.stringify(value)}`);
        return undefined;
      },
    },
    {
      id: 'encrypt.longest-aad',
      level: 'OWN',
      text: 'an AAD longer than its two-byte length can say is UnsupportedOperationException',
      after: SERVED.encrypt,
      ...WRONG_ERROR,
      check: async (subject) => {
        const aad = { additionalAuthenticatedData: base64Of(65_536) };
        const answer = await askEncrypt(subject, encryptBody(subject.plaintext, aad));
        refusedAs(answer, 'UnsupportedOperationException');
        return undefined;
      },
    },
    ...refusals,
  ],
};
