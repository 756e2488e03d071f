import { describe, expect, it } from 'vitest';
import { awsSampleFormat, holdfastFormat } from '../../../../src/xks/ciphertext-formats/index.js';
import { encodeCiphertextMetadata } from '../../../../src/xks/ciphertext-metadata.js';
import samples from '../../../vectors/aws-sample-ciphertexts.json' with { type: 'json' };

const NONE = Buffer.alloc(0);
const OURS = encodeCiphertextMetadata({ version: 1, materialName: Buffer.alloc(8, 7) });
const format = awsSampleFormat(undefined);

function decoded(text: string | undefined): Buffer | undefined {
  return text === undefined ? undefined : Buffer.from(text, 'base64');
}

describe("the format of AWS's sample proxy", () => {
  it.each(samples.vectors)('$name → bound as the sample binds it', ({ request, cipherAad }) => {
    const aad = decoded(request.additionalAuthenticatedData);
    const metadata = decoded(request.ciphertextMetadata) ?? NONE;
    expect(format.cipherAad(aad, metadata).toString('hex')).toBe(cipherAad);
  });

  it.each(samples.vectors)('$name → explained by it, and not by ours', ({ request }) => {
    const metadata = decoded(request.ciphertextMetadata) ?? NONE;
    expect(format.explains(metadata)).toBe(true);
    expect(holdfastFormat.explains(metadata)).toBe(false);
  });

  it('our metadata → explained by ours alone', () => {
    expect(format.explains(OURS)).toBe(false);
    expect(holdfastFormat.explains(OURS)).toBe(true);
  });

  it('65,535 bytes of AAD → their digest; 65,536 → UnsupportedOperationException', () => {
    expect(format.cipherAad(Buffer.alloc(65_535), NONE)).toHaveLength(2 + 32 + 1);
    expect(() => format.cipherAad(Buffer.alloc(65_536), NONE)).toThrow(
      expect.objectContaining({ errorName: 'UnsupportedOperationException' }),
    );
  });
});

describe('our own format', () => {
  it('an absent AAD and an empty one → the same', () => {
    expect(holdfastFormat.cipherAad(undefined, OURS)).toEqual(holdfastFormat.cipherAad(NONE, OURS));
  });
});
