import { describe, expect, it } from 'vitest';
import { parseKeyName } from '../../../../src/kms-simulator/keys/key-ids.js';

const SCOPE = { region: 'eu-west-1', account: '111122223333' };
const ID = '1234abcd-12ab-34cd-56ef-1234567890ab';
const HERE = 'arn:aws:kms:eu-west-1';

describe('a name of a key', () => {
  it.each([
    [ID, { kind: 'key', account: '111122223333', id: ID }],
    [`${HERE}:111122223333:key/${ID}`, { kind: 'key', account: '111122223333', id: ID }],
    [`${HERE}:444455556666:key/${ID}`, { kind: 'key', account: '444455556666', id: ID }],
    [
      'alias/a/b',
      { kind: 'alias', account: '111122223333', arn: `${HERE}:111122223333:alias/a/b` },
    ],
    [
      `${HERE}:444455556666:alias/a/b`,
      { kind: 'alias', account: '444455556666', arn: `${HERE}:444455556666:alias/a/b` },
    ],
  ])('%s → the key or the alias, and whose it is', (text, expected) => {
    expect(parseKeyName(text, SCOPE)).toEqual(expected);
  });

  it.each([
    ['my-key', 'NotFoundException'],
    [ID.toUpperCase(), 'NotFoundException'],
    [ID.replaceAll('-', ''), 'NotFoundException'],
    [`key/${ID}`, 'NotFoundException'],
    [`${HERE}:111122223333:key/my-key`, 'NotFoundException'],
    [`arn:aws:kms:us-east-1:111122223333:key/${ID}`, 'NotFoundException'],
    ['arn:aws:kms:us-east-1:111122223333:alias/a', 'NotFoundException'],
    ['arn:aws:kms', 'InvalidArnException'],
    [`arn:aws:s3:eu-west-1:111122223333:key/${ID}`, 'InvalidArnException'],
    [`${HERE}:111122223333:${ID}`, 'InvalidArnException'],
    [`${HERE}:111122223333:key/`, 'InvalidArnException'],
  ])('%s → %s', (text, name) => {
    expect(() => parseKeyName(text, SCOPE)).toThrow(expect.objectContaining({ name }));
  });
});
