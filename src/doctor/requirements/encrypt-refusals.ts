import { askEncrypt, SERVED } from '../calls.js';
import { encryptBody, without } from '../client/bodies.js';
import { WRONG_ERROR } from '../explanations.js';
import { base64Of, refusedAs } from '../judgement.js';
import type { Requirement } from '../requirement.js';
import { base64Requirements } from './base64.js';

/** Requirements on requests that are to be refused. */
export const encryptRefusals: readonly Requirement[] = [
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
