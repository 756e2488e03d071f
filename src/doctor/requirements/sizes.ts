import { decryptBody } from '../client/bodies.js';
import { askDecrypt, seal, SERVED } from '../calls.js';
import { CALL_FAILS } from '../explanations.js';
import { base64Of, served } from '../judgement.js';
import type { Requirement, Section } from '../requirement.js';
import { demand } from '../verdict.js';

const sizes: readonly (readonly [plaintextBytes: number, aadBytes: number])[] = [
  [1, 0],
  [4_300, 0],
  [32, 8_192],
  [4_300, 8_192],
  [32, 65_535],
];

const sizeRequirements = sizes.map(
  ([plaintextBytes, aadBytes]): Requirement => ({
    id: `sizes.${plaintextBytes}-${aadBytes}`,
    level: aadBytes > 8_192 ? 'OWN' : 'MUST',
    text: `a plaintext of ${inWords(plaintextBytes)} with ${inWords(aadBytes)} of AAD comes back`,
    after: SERVED.decrypt,
    ...CALL_FAILS,
    check: async (subject) => {
      const plaintext = base64Of(plaintextBytes);
      const aad = aadBytes === 0 ? {} : { additionalAuthenticatedData: base64Of(aadBytes) };
      const sealed = await seal(subject, { plaintext, ...aad });
      const opened = served(await askDecrypt(subject, decryptBody(sealed, aad)));
      demand(opened['plaintext'] === plaintext, 'another plaintext came back');
      return undefined;
    },
  }),
);

function inWords(bytes: number): string {
  return bytes === 1 ? '1 byte' : `${bytes.toLocaleString('en')} bytes`;
}

/** @see XKS Proxy API, sections Encrypt and Decrypt */
export const sizesSection: Section = {
  title: 'Sizes of plaintext and AAD',
  requirements: sizeRequirements,
};
