import { describe, expect, it } from 'vitest';
import { load, pathsOf, refusal, withStore } from '../../support/configuration-fixture.js';

const compatibility = 'aws-sample';
const write = 'aws-sample';
const staticCiphertextMetadata = Buffer.from('v0.0.1').toString('base64');

describe("what a key store says of AWS's sample proxy", () => {
  it.each([
    ['reading alone', { compatibility }],
    ['writing too', { compatibility, write }],
    ['its metadata', { compatibility, write, staticCiphertextMetadata }],
    ['its metadata, kept for a way back', { compatibility, staticCiphertextMetadata }],
  ])('%s → taken', (_, fields) => {
    expect(() => load(withStore(fields))).not.toThrow();
  });

  const ours = Buffer.from('01000000010011223344556677', 'hex').toString('base64');
  it.each([
    ['another proxy', { compatibility: 'other' }, 'compatibility'],
    ['writing without compatibility', { write }, 'write'],
    ['metadata without it', { staticCiphertextMetadata }, 'staticCiphertextMetadata'],
    ['metadata that reads as ours', { compatibility, staticCiphertextMetadata: ours }],
    [
      '21 bytes of metadata',
      { compatibility, staticCiphertextMetadata: Buffer.alloc(21).toString('base64') },
    ],
    ['metadata with stray bits', { compatibility, staticCiphertextMetadata: 'djAuMC4x=' }],
    ['metadata that is no base64', { compatibility, staticCiphertextMetadata: 'v0.0.1' }],
    ['empty metadata', { compatibility, staticCiphertextMetadata: '' }],
  ])('%s → refused there', (_, fields, field = 'staticCiphertextMetadata') => {
    expect(pathsOf(refusal(withStore(fields)).problems)).toEqual([`keyStores[0].${field}`]);
  });
});
