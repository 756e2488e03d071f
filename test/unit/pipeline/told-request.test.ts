import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { requestFields } from '../../../src/audit/record/request.js';
import { Execution } from '../../../src/pipeline/execution.js';
import {
  type MetadataFacts,
  newFacts,
  type OutcomeFacts,
  type RequestFacts,
} from '../../../src/pipeline/facts.js';
import { ToldRequest } from '../../../src/pipeline/told-request.js';
import { systemClock } from '../../../src/shared/clock.js';
import { Deadline } from '../../../src/shared/deadline.js';

const CALLER = {
  clientAddress: '192.0.2.1',
  clientCertificateName: undefined,
  clientCertificateSubject: undefined,
};
const METADATA: MetadataFacts = {
  kmsRequestId: 'request-1',
  kmsOperation: 'Encrypt',
  kmsKeyArn: 'arn:aws:kms:eu-west-1:123456789012:key/1',
  awsPrincipalArn: 'AWS Internal',
  kmsViaService: undefined,
  awsSourceVpc: undefined,
  awsSourceVpce: undefined,
};
const CREDENTIAL = { accessKeyId: 'ABCDEFGHIJKLMNOPQRST', authenticationFailure: undefined };
const SUCCESS = {
  status: 200,
  errorName: undefined,
  cause: undefined,
  throttledBy: undefined,
  durationUs: 1_500,
};

/** The request, by default authenticated and with the body that `METADATA` is of. */
function told(
  facts: Partial<RequestFacts> = {},
  outcome: Partial<OutcomeFacts> = {},
  hasHashes = true,
): ToldRequest {
  const body = { metadata: METADATA, aad: Buffer.from('abc'), ciphertext: Buffer.alloc(0) };
  const known = { ...newFacts(CALLER), credential: CREDENTIAL, body, ...facts };
  return new ToldRequest(known, { ...SUCCESS, ...outcome }, hasHashes);
}

const parsed = (request: ToldRequest): Record<string, unknown> =>
  JSON.parse(request.json()) as Record<string, unknown>;

describe('what is told of a request', () => {
  it('account, region, hashes, and every node that was tried', () => {
    const execution = new Execution('hsm', Deadline.after(systemClock, 140));
    execution.tried({ name: 'a', location: 'here' }, 'unreachable');
    execution.tried({ name: 'b', location: 'there' });
    execution.tried({ name: 'b', location: 'there' });
    execution.done();
    expect(parsed(told({ execution }))).toMatchObject({
      awsAccount: '123456789012',
      awsRegion: 'eu-west-1',
      keyManager: 'hsm',
      node: 'b',
      location: 'there',
      nodesTried: [
        { node: 'a', location: 'here', failure: 'unreachable' },
        { node: 'b', location: 'there' },
      ],
      // FIPS 180-2, appendix B.1, and the hash of nothing.
      aadSha256: 'ungWv48Bz+pBQUDeXa4iI7ADYaOWF3qctBD/YfIAFa0=',
      ciphertextSha256: '47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=',
      result: 'success',
    });
  });

  it('without an audit log → no hashes', () => {
    const request = parsed(told({}, {}, false));
    expect(request).not.toHaveProperty('aadSha256');
    expect(request).not.toHaveProperty('ciphertextSha256');
  });

  it('a principal that is no ARN, and no key → no account', () => {
    const metadata = { ...METADATA, kmsKeyArn: undefined, awsPrincipalArn: 'arn:' };
    const body = { metadata, aad: undefined, ciphertext: undefined };
    expect(parsed(told({ body }))).not.toHaveProperty('awsAccount');
  });

  it.each([
    ['of somebody with a credential, 5,000 characters long → cut at 2,200', CREDENTIAL, 2_200],
    ['of a stranger → cut at 300', undefined, 300],
  ])('a cause %s', (_title, credential, length) => {
    const request = told({ credential }, { status: 400, cause: 'x'.repeat(5_000) });
    expect(request.isAuthenticated).toBe(credential !== undefined);
    expect(parsed(request)).toMatchObject({ cause: `${'x'.repeat(length)}...` });
  });

  it('a credential that was only claimed → not authenticated', () => {
    const credential = { ...CREDENTIAL, authenticationFailure: 'clock-skew' };
    expect(told({ credential }).isAuthenticated).toBe(false);
  });

  it('has the fields of the list, in its order', () => {
    expect(Object.keys(told().fields())).toEqual(Object.keys(requestFields));
  });

  it('any texts of a client → one line of ASCII that says the same', () => {
    const text = fc.string({ unit: 'grapheme', maxLength: 60 });
    fc.assert(
      fc.property(text, fc.string({ unit: 'binary', maxLength: 60 }), (kmsRequestId, cause) => {
        const metadata = { ...METADATA, kmsRequestId };
        const body = { metadata, aad: undefined, ciphertext: undefined };
        const request = told({ body }, { cause });
        expect(request.json()).toMatch(/^[\x20-\x7e]*$/);
        const line = parsed(request);
        expect(line['kmsRequestId']).toBe(kmsRequestId);
        expect(line['cause']).toBe(cause.toWellFormed());
        expect(Object.keys(line).sort()).toEqual(
          Object.entries(request.fields())
            .flatMap(([name, value]) => (value === undefined ? [] : [name]))
            .sort(),
        );
      }),
    );
  });
});
