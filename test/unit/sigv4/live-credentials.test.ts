import aws4 from 'aws4';
import { beforeEach, describe, expect, it, vi } from 'vitest';
import { Secret } from '../../../src/shared/secret.js';
import type { CredentialSource } from '../../../src/sigv4/credential-source.js';
import { SignatureError } from '../../../src/sigv4/failure.js';
import { SignatureVerifier } from '../../../src/sigv4/verifier.js';

const NOW = Date.parse('2026-11-22T12:00:00Z');
const ID = 'A'.repeat(24);
const SECRET = 's'.repeat(44);

function signed(accessKeyId: string, secretAccessKey: string) {
  const [path, body] = ['/kms/xks/v1/health', '{}'];
  const { headers = {} } = aws4.sign(
    {
      ...{ host: 'xks.example.com', method: 'POST', path, body },
      ...{ service: 'kms-xks-proxy', region: 'eu-west-1' },
      headers: { 'X-Amz-Date': '20261122T120000Z' },
    },
    { accessKeyId, secretAccessKey },
  );
  const rawHeaders = Object.entries(headers).flatMap(([name, value]) => [name, String(value)]);
  return { method: 'POST', path, rawHeaders, body: Buffer.from(body) };
}

describe('credentials that change', () => {
  let secret: Secret | undefined;
  const used = vi.fn();
  const credentials: CredentialSource = {
    secretOf: (id) => (id === ID ? secret : undefined),
    refusalOf: (id) => (id === ID ? 'credential-disabled' : 'unknown-access-key-id'),
    signed: used,
  };
  const verifier = new SignatureVerifier({
    ...{ credentials, region: undefined, decoySecret: new Secret('decoy') },
    clock: { now: () => NOW, monotonic: () => 0 },
  });
  const outcome = (request = signed(ID, SECRET)) => {
    try {
      return verifier.verify(request);
    } catch (error) {
      return error instanceof SignatureError ? error.failure : error;
    }
  };
  beforeEach(() => {
    secret = new Secret(SECRET);
    used.mockClear();
  });

  it('accepted, and then without a valid secret → refused at once, and told why', () => {
    expect(outcome()).toBe(ID);
    secret = undefined;
    expect(outcome()).toBe('credential-disabled');
    expect(outcome(signed('B'.repeat(24), SECRET))).toBe('unknown-access-key-id');
  });

  it('another secret under the id of one that was accepted → what the former signs is refused', () => {
    expect(outcome()).toBe(ID);
    secret = new Secret('t'.repeat(44));
    expect(outcome()).toBe('signature-mismatch');
    expect(outcome(signed(ID, 't'.repeat(44)))).toBe(ID);
  });

  it('only signatures that hold → noted as a use', () => {
    outcome();
    outcome(signed(ID, 'wrong'));
    secret = undefined;
    outcome();
    expect(used.mock.calls).toEqual([[ID]]);
  });
});
