import type { IncomingMessage } from 'node:http';
import aws4 from 'aws4';
import { describe, expect, it } from 'vitest';
import { CallerCheck } from '../../../../src/kms-simulator/protocol/caller-check.js';

const REGION = 'eu-west-1';
const NOW = Date.parse('2026-01-02T03:04:05Z');
const ALICE = {
  accessKeyId: 'AKIAIOSFODNN7EXAMPLE',
  secretAccessKey: 'wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY',
  principal: 'arn:aws:iam::111122223333:user/alice',
};
const BODY = Buffer.from('{}');
const CHECK = new CallerCheck([ALICE], REGION, { now: () => NOW, monotonic: () => 0 });

/** Differences from an honest request. */
interface Changes {
  readonly signedAt?: number;
  readonly service?: string;
  readonly region?: string;
  readonly secretAccessKey?: string;
  /** Headers after signing; undefined takes one away. */
  readonly headers?: Readonly<Record<string, string | undefined>>;
}

function requestOf({ signedAt = NOW, headers = {}, ...changes }: Changes = {}): IncomingMessage {
  const { service = 'kms', region = REGION, secretAccessKey = ALICE.secretAccessKey } = changes;
  const date = new Date(signedAt).toISOString().replace(/[:-]|\.\d{3}/g, '');
  const signed = aws4.sign(
    {
      method: 'POST',
      path: '/',
      host: '127.0.0.1:1',
      service,
      region,
      body: BODY,
      headers: { 'X-Amz-Date': date, 'X-Amz-Target': 'TrentService.ListKeys' },
    },
    { accessKeyId: ALICE.accessKeyId, secretAccessKey },
  );
  const sent = Object.entries(signed.headers ?? {}).map(
    ([name, value]) => [name.toLowerCase(), String(value)] as const,
  );
  const message: Partial<IncomingMessage> = {
    method: 'POST',
    url: '/',
    headers: { ...Object.fromEntries(sent), ...headers },
  };
  return message as IncomingMessage;
}

describe('the signature of a call', () => {
  it.each([
    ['now', 0],
    ['5 minutes ago', -300_000],
    ['5 minutes ahead', 300_000],
  ])('made %s → the caller whose access key it is', (_, ms) => {
    expect(CHECK.check(requestOf({ signedAt: NOW + ms }), BODY)).toBe(ALICE);
  });

  it.each<[string, Changes, string]>([
    ['made 301 s ago', { signedAt: NOW - 301_000 }, 'InvalidSignatureException'],
    ['made 301 s ahead', { signedAt: NOW + 301_000 }, 'InvalidSignatureException'],
    ['with another secret', { secretAccessKey: 'x'.repeat(40) }, 'InvalidSignatureException'],
    ['for another Region', { region: 'us-east-1' }, 'InvalidSignatureException'],
    ['for another service', { service: 's3' }, 'InvalidSignatureException'],
    [
      'over another target',
      { headers: { 'x-amz-target': 'TrentService.DeleteAlias' } },
      'InvalidSignatureException',
    ],
    ['over another host', { headers: { host: '127.0.0.1:2' } }, 'InvalidSignatureException'],
    ['without a date', { headers: { 'x-amz-date': undefined } }, 'InvalidSignatureException'],
    [
      'with a date that is none',
      { headers: { 'x-amz-date': 'yesterday' } },
      'InvalidSignatureException',
    ],
    [
      'with a token that it does not cover',
      { headers: { 'x-amz-security-token': 'token' } },
      'IncompleteSignatureException',
    ],
    [
      'of another form',
      { headers: { authorization: 'Bearer token' } },
      'IncompleteSignatureException',
    ],
    ['left out', { headers: { authorization: undefined } }, 'MissingAuthenticationTokenException'],
  ])('%s, %o → %s', (_, changes, name) => {
    expect(() => CHECK.check(requestOf(changes), BODY)).toThrow(expect.objectContaining({ name }));
  });

  it('over another body → InvalidSignatureException', () => {
    const name = 'InvalidSignatureException';
    expect(() => CHECK.check(requestOf(), Buffer.from('{ }'))).toThrow(
      expect.objectContaining({ name }),
    );
  });

  it('of an access key that nobody has → UnrecognizedClientException', () => {
    const nobody = new CallerCheck([], REGION, { now: () => NOW, monotonic: () => 0 });
    const name = 'UnrecognizedClientException';
    expect(() => nobody.check(requestOf(), BODY)).toThrow(expect.objectContaining({ name }));
  });
});
