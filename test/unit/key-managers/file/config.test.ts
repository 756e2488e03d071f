import { describe, expect, it } from 'vitest';
import { fileKeyManagerSchema } from '../../../../src/key-managers/sealed/folder/config.js';
import { canaries } from '../../../support/canaries.js';

const key = canaries.masterKey.toString('base64');
const valid = { name: 'files', type: 'file', directory: 'keys', masterKey: { key } };

describe('the configuration of a file key manager', () => {
  it('with a key → accepted, the key as a Secret', () => {
    const { masterKey, location } = fileKeyManagerSchema.parse(valid);
    expect('key' in masterKey && masterKey.key.reveal()).toBe(key);
    expect(location).toBe('local');
  });

  it('with a passphrase → accepted', () => {
    const masterKey = { passphrase: canaries.passphrase };
    expect(fileKeyManagerSchema.safeParse({ ...valid, masterKey }).success).toBe(true);
  });

  it.each([
    ['no master key', { ...valid, masterKey: undefined }],
    ['an empty master key', { ...valid, masterKey: {} }],
    ['both kinds of master key', { ...valid, masterKey: { key, passphrase: canaries.passphrase } }],
    ['a short key', { ...valid, masterKey: { key: key.slice(4) } }],
    ['a short passphrase', { ...valid, masterKey: { passphrase: 'holdfast' } }],
    ['no directory', { ...valid, directory: '' }],
    ['a location with a line end', { ...valid, location: 'a\nb' }],
    ['an unknown field', { ...valid, init: true }],
  ])('%s → refused', (_, config) => {
    expect(fileKeyManagerSchema.safeParse(config).success).toBe(false);
  });
});
