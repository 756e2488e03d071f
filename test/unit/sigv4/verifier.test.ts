import aws4 from 'aws4';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Clock } from '../../../src/shared/clock.js';
import { Secret } from '../../../src/shared/secret.js';
import { SignatureError, type SignatureFailure } from '../../../src/sigv4/failure.js';
import type { SignedRequest } from '../../../src/sigv4/canonical-request.js';
import { SignatureVerifier } from '../../../src/sigv4/verifier.js';
import { credentialsIn } from '../../support/credentials.js';

const NOW = Date.parse('2026-11-22T12:00:00Z');
const ACCESS_KEY_ID = 'ABCDEFGHIJKLMNOPQRST';
const SECRET = '0123456789abcdefghijABCDEFGHIJ+/=0123456789x';
const OTHER_ACCESS_KEY_ID = 'ZYXWVUTSRQPONMLKJIHG';
const OTHER_SECRET = 'another0123456789abcdefghijABCDEFGHIJ+/=01234567890123456789abcd';

const clock: Clock = { now: () => NOW, monotonic: () => 0 };

function verifier(region?: string): SignatureVerifier {
  return new SignatureVerifier({
    credentials: credentialsIn({
      [ACCESS_KEY_ID]: SECRET,
      [OTHER_ACCESS_KEY_ID]: OTHER_SECRET,
    }),
    region,
    clock,
    decoySecret: new Secret('decoy'),
  });
}

interface Signing {
  readonly path?: string;
  readonly body?: string;
  readonly headers?: Record<string, string>;
  readonly at?: number;
  readonly accessKeyId?: string;
  readonly secretAccessKey?: string;
  readonly service?: string;
  readonly region?: string;
}

/** Signs with aws4, an implementation that shares nothing with ours. */
function sign(options: Signing = {}): SignedRequest {
  const body = options.body ?? '{"requestMetadata":{}}';
  const path = options.path ?? '/store/kms/xks/v1/health';
  const date = new Date(options.at ?? NOW).toISOString().replace(/[-:]|\.\d{3}/g, '');
  const signed = aws4.sign(
    {
      host: 'xks.example.com',
      method: 'POST',
      path,
      body,
      service: options.service ?? 'kms-xks-proxy',
      region: options.region ?? 'eu-west-1',
      headers: { 'X-Amz-Date': date, ...options.headers },
    },
    {
      accessKeyId: options.accessKeyId ?? ACCESS_KEY_ID,
      secretAccessKey: options.secretAccessKey ?? SECRET,
    },
  );
  const rawHeaders = Object.entries(signed.headers ?? {}).flatMap(([name, value]) => [
    name,
    String(value),
  ]);
  return { method: 'POST', path, rawHeaders, body: Buffer.from(body) };
}

function failureOf(request: SignedRequest, region?: string): SignatureFailure | 'accepted' {
  try {
    verifier(region).verify(request);
    return 'accepted';
  } catch (error) {
    if (error instanceof SignatureError) return error.failure;
    throw error;
  }
}

function withHeader(request: SignedRequest, name: string, change: (value: string) => string) {
  return {
    ...request,
    rawHeaders: request.rawHeaders.map((entry, index, all) =>
      index % 2 === 1 && all[index - 1]?.toLowerCase() === name.toLowerCase()
        ? change(entry)
        : entry,
    ),
  };
}

describe('what an independent signer signs', () => {
  it('is accepted, with the access key id that signed it', () => {
    expect(verifier().verify(sign())).toBe(ACCESS_KEY_ID);
  });

  it('is accepted for every credential at once, a secret of 64 characters among them', () => {
    const request = sign({ accessKeyId: OTHER_ACCESS_KEY_ID, secretAccessKey: OTHER_SECRET });
    expect(verifier().verify(request)).toBe(OTHER_ACCESS_KEY_ID);
  });

  it('is accepted for any path, body and further headers', () => {
    const segment = fc.stringMatching(/^[A-Za-z0-9_.-]{1,20}$/).filter((s) => !/^\.+$/.test(s));
    const path = fc.array(segment, { minLength: 1, maxLength: 6 }).map((s) => `/${s.join('/')}`);
    // Inside a value only: HTTP strips the white space around it before we see it.
    const value = fc.stringMatching(/^[!-~]([ -~]{0,40}[!-~])?$/);
    const headers = fc.dictionary(fc.stringMatching(/^[Xx]-[A-Za-z0-9-]{1,20}$/), value, {
      maxKeys: 4,
    });
    fc.assert(
      fc.property(path, fc.string({ unit: 'binary' }), headers, (path, body, headers) => {
        const names = Object.keys(headers).map((name) => name.toLowerCase());
        fc.pre(new Set(names).size === names.length && !names.includes('x-amz-date'));
        expect(failureOf(sign({ path, body, headers }))).toBe('accepted');
      }),
    );
  });

  it('is refused after any change of one byte of the body', () => {
    fc.assert(
      fc.property(
        fc.string({ minLength: 1 }),
        fc.nat(),
        fc.integer({ min: 1, max: 255 }),
        (body, at, flip) => {
          const request = sign({ body });
          const changed = Buffer.from(request.body);
          const index = at % changed.length;
          changed[index] = (changed[index] ?? 0) ^ flip;
          expect(failureOf({ ...request, body: changed })).toBe('signature-mismatch');
        },
      ),
    );
  });
});

describe('a request is refused', () => {
  const authorization = (change: (value: string) => string): SignedRequest =>
    withHeader(sign(), 'authorization', change);
  const without = (name: string): SignedRequest => {
    const request = sign();
    const index = request.rawHeaders.findIndex((header) => header.toLowerCase() === name);
    return { ...request, rawHeaders: request.rawHeaders.toSpliced(index, 2) };
  };
  const twice = (name: string): SignedRequest => {
    const request = sign();
    const index = request.rawHeaders.findIndex((header) => header.toLowerCase() === name);
    const pair = request.rawHeaders.slice(index, index + 2);
    return { ...request, rawHeaders: [...request.rawHeaders, ...pair] };
  };

  const cases: [string, SignedRequest, SignatureFailure][] = [
    ['dated 301 s ago', sign({ at: NOW - 301_000 }), 'clock-skew'],
    ['dated 301 s ahead', sign({ at: NOW + 301_000 }), 'clock-skew'],
    ['without Authorization', without('authorization'), 'missing-authorization'],
    ['without the Host that it signed', without('host'), 'missing-signed-header'],
    ['without the date that it signed', without('x-amz-date'), 'malformed-date'],
    ['with two Authorization headers', twice('authorization'), 'repeated-header'],
    ['with two Host headers', twice('host'), 'repeated-header'],
    ['with two dates', twice('x-amz-date'), 'repeated-header'],
    ['for another service', sign({ service: 'kms' }), 'scope-service'],
    [
      'with an unknown access key id',
      sign({ accessKeyId: 'NOBODYNOBODYNOBODYNO' }),
      'unknown-access-key-id',
    ],
    ['with a wrong secret', sign({ secretAccessKey: OTHER_SECRET }), 'signature-mismatch'],
    [
      'with an empty signature',
      authorization((v) => v.replace(/Signature=.*/, 'Signature=')),
      'malformed-authorization',
    ],
    ['with a short signature', authorization((v) => v.slice(0, -1)), 'malformed-authorization'],
    ['with a long signature', authorization((v) => `${v}0`), 'malformed-authorization'],
    [
      'with an upper-case signature',
      authorization((v) => v.replace(/[0-9a-f]{64}$/, (s) => `${s.slice(0, -1)}F`)),
      'malformed-authorization',
    ],
    [
      'with another algorithm',
      authorization((v) => v.replace('SHA256', 'SHA512')),
      'malformed-authorization',
    ],
    [
      'with a scope of another day',
      authorization((v) => v.replace('/20261122/', '/20261121/')),
      'scope-date',
    ],
    [
      'with a scope of another terminator',
      authorization((v) => v.replace('aws4_request', 'aws5_request')),
      'malformed-authorization',
    ],
    [
      'that did not sign its host',
      authorization((v) => v.replace('host;', '')),
      'unsigned-host-or-date',
    ],
    [
      'that did not sign its date',
      authorization((v) => v.replace(';x-amz-date', '')),
      'unsigned-host-or-date',
    ],
    [
      'that claims to have signed a header it lacks',
      authorization((v) => v.replace('SignedHeaders=', 'SignedHeaders=a-header-it-lacks;')),
      'missing-signed-header',
    ],
    [
      'that signed one header five hundred times',
      authorization((v) => v.replace('x-amz-date', `x-amz-date${';x-amz-date'.repeat(500)}`)),
      'malformed-authorization',
    ],
    [
      'whose signed headers are out of order',
      authorization((v) => v.replace('host;x-amz-date', 'x-amz-date;host')),
      'malformed-authorization',
    ],
    [
      'with a day that does not exist',
      withHeader(sign(), 'x-amz-date', () => '20261131T120000Z'),
      'malformed-date',
    ],
    [
      'with a date in another form',
      withHeader(sign(), 'x-amz-date', () => '2026-11-22T12:00:00Z'),
      'malformed-date',
    ],
    ['on another path', { ...sign(), path: '/other/kms/xks/v1/health' }, 'signature-mismatch'],
    ['by another method', { ...sign(), method: 'PUT' }, 'signature-mismatch'],
    ['to another host', withHeader(sign(), 'host', () => 'evil.example.com'), 'signature-mismatch'],
    [
      'whose payload hash is only claimed',
      {
        ...sign({ headers: { 'X-Amz-Content-Sha256': 'UNSIGNED-PAYLOAD' } }),
        body: Buffer.from('{}'),
      },
      'signature-mismatch',
    ],
  ];
  it.each(cases)('%s', (_title, request, failure) => {
    expect(failureOf(request)).toBe(failure);
  });

  it('for another region, when one is configured', () => {
    expect(failureOf(sign({ region: 'us-east-1' }), 'eu-west-1')).toBe('scope-region');
    expect(failureOf(sign({ region: 'eu-west-1' }), 'eu-west-1')).toBe('accepted');
    expect(() => verifier('eu-west-1').verify(sign({ region: 'us-east-1' }))).toThrow(
      expect.objectContaining({ detail: 'signed for us-east-1' }),
    );
  });

  it('but not when it is 300 s old or ahead', () => {
    expect(failureOf(sign({ at: NOW - 300_000 }))).toBe('accepted');
    expect(failureOf(sign({ at: NOW + 300_000 }))).toBe('accepted');
  });

  it('with a wrong secret also after the right one was cached', () => {
    const oneVerifier = verifier();
    oneVerifier.verify(sign());
    expect(() => oneVerifier.verify(sign({ secretAccessKey: OTHER_SECRET }))).toThrow(
      'signature-mismatch',
    );
    expect(() => oneVerifier.verify(sign({ accessKeyId: 'NOBODYNOBODYNOBODYNO' }))).toThrow(
      'unknown-access-key-id',
    );
    expect(oneVerifier.verify(sign())).toBe(ACCESS_KEY_ID);
  });

  it('in many regions without losing the ones that are right', () => {
    const oneVerifier = verifier();
    for (let index = 0; index < 200; index += 1) {
      expect(oneVerifier.verify(sign({ region: `region-${String(index)}` }))).toBe(ACCESS_KEY_ID);
    }
    expect(oneVerifier.verify(sign({ region: 'region-0' }))).toBe(ACCESS_KEY_ID);
  });
});

describe("AWS's published example of a signing key", () => {
  it('is derived from its secret', async () => {
    const { deriveSigningKey } = await import('../../../src/sigv4/signing-key.js');
    // https://docs.aws.amazon.com/general/latest/gr/signature-v4-examples.html
    const key = deriveSigningKey(new Secret('wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY'), {
      date: '20120215',
      region: 'us-east-1',
      service: 'iam',
    });
    expect(key.toString('hex')).toBe(
      'f4780e2d9f65fa895f9c67b32ce1baf0b0d8a43505a000a1a9e090d414db404d',
    );
  });
});
