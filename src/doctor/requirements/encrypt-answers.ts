import { createHash } from 'node:crypto';
import { askEncrypt, SERVED, SOME_AAD } from '../calls.js';
import { type Body, encryptBody } from '../client/bodies.js';
import { MALFORMED } from '../explanations.js';
import { bytesOf, served } from '../judgement.js';
import type { Requirement, Subject } from '../requirement.js';
import { demand } from '../verdict.js';

const TAG_BYTES = 16;
const HASH_BYTES = 32;
const MAX_METADATA_BYTES = 20;
const PROOF = { ciphertextDataIntegrityValueAlgorithm: 'SHA_256' } as const;

/** Encrypts, and returns the answer. @throws Deviation for one that is none */
export async function answerTo(subject: Subject, overrides: Body = {}): Promise<Body> {
  return served(await askEncrypt(subject, encryptBody(subject.plaintext, overrides)));
}

/** Bytes of the metadata, which may be absent. */
function metadataOf(answer: Body): Buffer {
  return answer['ciphertextMetadata'] === undefined
    ? Buffer.of()
    : bytesOf(answer, 'ciphertextMetadata');
}

/** The value of Appendix C over an answer, in Base64. @param aad of the request, in Base64 */
function integrityValue(answer: Body, aad = ''): string {
  const hash = createHash('sha256').update(Buffer.from(aad, 'base64')).update(metadataOf(answer));
  for (const field of ['initializationVector', 'ciphertext', 'authenticationTag']) {
    hash.update(Buffer.from(String(answer[field]), 'base64'));
  }
  return hash.digest('base64');
}

/** Requirements on each field of the answer. */
export const answerForm: readonly Requirement[] = (
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

/** Requirements on two answers to the same request. */
export const twoAnswers: readonly Requirement[] = [
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
];

const integrityOverAad = (['without AAD', 'with AAD'] as const).map(
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
      const expected = integrityValue(answer, aad?.additionalAuthenticatedData);
      const found = String(answer['ciphertextDataIntegrityValue']);
      demand(found === expected, `it is ${found} in place of ${expected}`);
      return undefined;
    },
  }),
);

/** Requirements on the integrity value. */
export const integrityRequirements: readonly Requirement[] = [
  {
    id: 'encrypt.integrity-value',
    level: 'MUST',
    text: 'the integrity value comes when it is asked for',
    after: SERVED.encrypt,
    meaning: 'KMS always asks for it, and fails every Encrypt and data key without it.',
    advice: 'Answer ciphertextDataIntegrityValue, 32 bytes in Base64, as Appendix C says.',
    check: async (subject) => {
      const { length } = bytesOf(await answerTo(subject, PROOF), 'ciphertextDataIntegrityValue');
      demand(length === HASH_BYTES, `it has ${length} bytes`);
      return undefined;
    },
  },
  ...integrityOverAad,
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
];
