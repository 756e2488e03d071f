import { beforeAll, describe, expect, it } from 'vitest';
import { inspectCertificateChain } from '../../../../src/http/tls/certificate-inspection.js';
import { Secret } from '../../../../src/shared/secret.js';
import {
  issueCertificate,
  issueIntermediate,
  makeCertificateAuthority,
  makeSelfSigned,
  type CertificateAuthority,
  type IssuedCertificate,
} from '../../../support/certificates.js';

const NAME = 'xks.example.com';
const DAY_MS = 86_400_000;
const now = Date.now();

let root: CertificateAuthority;
let intermediate: CertificateAuthority;
let leaf: IssuedCertificate;

beforeAll(async () => {
  root = await makeCertificateAuthority();
  intermediate = await issueIntermediate(root);
  leaf = await issueCertificate(intermediate, { commonName: NAME, dnsNames: [NAME] });
});

function inspect(
  chain: readonly { certificate: string }[],
  { privateKey, publicNames = [NAME] }: { privateKey: string; publicNames?: readonly string[] },
) {
  const certificateChain = chain.map(({ certificate }) => certificate).join('');
  const material = { certificateChain, privateKey: new Secret(privateKey), clientRoots: undefined };
  return inspectCertificateChain(material, publicNames, now);
}

function codesOf({ findings }: ReturnType<typeof inspectCertificateChain>): string[] {
  return findings.map(({ severity, code }) => `${severity} ${code}`);
}

describe('inspectCertificateChain', () => {
  it('a good chain of a private authority → that warning alone, and the day it ends', () => {
    const inspection = inspect([leaf, intermediate, root], leaf);
    expect(codesOf(inspection)).toEqual(['warning private-authority']);
    expect((inspection.expiresAt ?? 0) - now).toBeGreaterThan(364 * DAY_MS);
  });

  it('the chain without its intermediate → incomplete-chain', () => {
    expect(codesOf(inspect([leaf], leaf))).toEqual(['warning incomplete-chain']);
    expect(codesOf(inspect([leaf, root], leaf))).toEqual(['warning incomplete-chain']);
  });

  it('the chain out of order → out-of-order', () => {
    expect(codesOf(inspect([leaf, root, intermediate], leaf))).toEqual(['warning out-of-order']);
  });

  it('a self-signed leaf → self-signed', async () => {
    const alone = await makeSelfSigned({ commonName: NAME, dnsNames: [NAME] });
    expect(codesOf(inspect([alone], alone))).toEqual(['warning self-signed']);
  });

  it.each([
    [[NAME.toUpperCase()], []],
    [['other.example.com'], ['name-not-covered']],
    [['127.0.0.1'], ['name-not-covered']],
    [[NAME, 'other.example.com'], ['name-not-covered']],
  ])('called as %o → %o', (publicNames, expected) => {
    const { findings } = inspect([leaf, intermediate, root], {
      privateKey: leaf.privateKey,
      publicNames,
    });
    expect(findings.map(({ code }) => code)).toEqual(['private-authority', ...expected]);
  });

  it('a wildcard for the name → covered', async () => {
    const wildcard = await issueCertificate(root, {
      commonName: '*.example.com',
      dnsNames: ['*.example.com'],
    });
    expect(codesOf(inspect([wildcard, root], wildcard))).toEqual(['warning private-authority']);
  });

  it.each(['other.example.com', '*.com', 'example.com', 'An organisation'])(
    'the name as DNS name and %s as common name → other-common-name',
    async (commonName) => {
      const issued = await issueCertificate(root, { commonName, dnsNames: [NAME] });
      expect(codesOf(inspect([issued, root], issued))).toEqual([
        'warning private-authority',
        'warning other-common-name',
      ]);
    },
  );

  it('two names, one of them as common name → nothing to say', async () => {
    const names = [NAME, 'other.example.com'];
    const issued = await issueCertificate(root, { commonName: NAME, dnsNames: names });
    const { findings } = inspect([issued, root], {
      privateKey: issued.privateKey,
      publicNames: names,
    });
    expect(findings.map(({ code }) => code)).toEqual(['private-authority']);
  });

  it('the name as common name alone, or addresses alone → no-dns-name', async () => {
    const old = await issueCertificate(root, { commonName: NAME, ipAddresses: ['127.0.0.1'] });
    expect(codesOf(inspect([old, root], old))).toEqual([
      'warning private-authority',
      'warning no-dns-name',
      'warning name-not-covered',
    ]);
  });

  it.each([
    ['not-yet-valid', { notBefore: new Date(now + DAY_MS), notAfter: new Date(now + 90 * DAY_MS) }],
    ['expired', { notBefore: new Date(now - 9 * DAY_MS), notAfter: new Date(now - DAY_MS) }],
    ['expires-soon', { notAfter: new Date(now + 29 * DAY_MS) }],
  ])('times of the leaf → %s', async (code, times) => {
    const issued = await issueCertificate(root, { commonName: NAME, dnsNames: [NAME], ...times });
    const inspection = inspect([issued, root], issued);
    expect(codesOf(inspection)).toEqual(['warning private-authority', `warning ${code}`]);
    const expiresAt = Math.floor(times.notAfter.getTime() / 1000) * 1000;
    expect(inspection.expiresAt).toBe(expiresAt);
  });

  it.each([
    ['an RSA key of 1,024 bits', { keyBits: 1_024 }, 'warning weak-key'],
    ['a signature over SHA-1', { digest: 'sha1' }, 'warning weak-signature'],
  ] as const)('%s → %s, or refused by OpenSSL', async (_what, weakness, expected) => {
    const rsa = await makeCertificateAuthority('RSA root', 'rsa');
    const request = { commonName: NAME, dnsNames: [NAME], ...weakness };
    const weak = await issueCertificate(rsa, request);
    const codes = codesOf(inspect([weak, rsa], weak));
    expect(codes.includes(expected) || codes.includes('error unusable')).toBe(true);
  });

  it('a key of another certificate → error key-mismatch', async () => {
    const other = await issueCertificate(root, { commonName: NAME });
    expect(codesOf(inspect([leaf], other))).toEqual(['error key-mismatch']);
  });

  it.each([
    ['nothing', ''],
    ['no PEM', 'hello'],
    ['a torn certificate', '-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n'],
  ])('%s for a chain → error unreadable-certificate', (_what, certificate) => {
    expect(codesOf(inspect([{ certificate }], leaf))).toEqual(['error unreadable-certificate']);
  });

  it('no key → error unreadable-key', () => {
    expect(codesOf(inspect([leaf], { privateKey: 'hello' }))).toEqual(['error unreadable-key']);
  });

  it('certificates without a newline between them → error unusable, as OpenSSL sees it', () => {
    const glued = { certificate: leaf.certificate.trim() };
    expect(codesOf(inspect([glued, root], leaf))).toEqual(['error unusable']);
  });

  it('roots for clients that are none → error unreadable-certificate', () => {
    const material = {
      certificateChain: leaf.certificate,
      privateKey: new Secret(leaf.privateKey),
      clientRoots: ['hello'],
    };
    expect(codesOf(inspectCertificateChain(material, [], now))).toEqual([
      'error unreadable-certificate',
    ]);
  });
});
