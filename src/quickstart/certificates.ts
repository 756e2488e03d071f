import { createPrivateKey, X509Certificate } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { generate } from 'selfsigned';
import { writeFileAtomically } from '../durable/atomic-write.js';
import type { Clock } from '../shared/clock.js';
import { DAY_MS } from '../shared/durations.js';
import { ifThere } from '../shared/errno.js';

const CA_DAYS = 3650;
const LEAF_DAYS = 397;
/** A leaf with less to live than this is replaced at the next start. */
const RENEWAL_DAYS = 30;

/** A certificate and the private key that belongs to it, both PEM. */
interface KeyPair {
  readonly certificate: string;
  readonly privateKey: string;
}

/**
 * Makes a certificate authority of the quickstart's own and a certificate for `localhost` and
 * `127.0.0.1`, or keeps what is there. The authority stays, so that whoever trusts it once
 * trusts every later certificate.
 *
 * @param folder gets `ca.pem`, `ca.key`, `server.pem` and `server.key`
 */
export async function prepareCertificates(folder: string, clock: Clock): Promise<void> {
  const authority = await kept(folder, 'ca', () => makeAuthority(clock));
  const server = await readKeyPair(folder, 'server');
  if (server !== undefined && isGoodLeaf(server, authority, clock)) return;
  await writeKeyPair(folder, 'server', await issueServerCertificate(authority, clock));
}

async function kept(folder: string, name: string, make: () => Promise<KeyPair>): Promise<KeyPair> {
  const existing = await readKeyPair(folder, name);
  if (existing !== undefined) return existing;
  const made = await make();
  await writeKeyPair(folder, name, made);
  return made;
}

function isGoodLeaf(leaf: KeyPair, authority: KeyPair, clock: Clock): boolean {
  const certificate = new X509Certificate(leaf.certificate);
  const issuer = new X509Certificate(authority.certificate);
  const renewAt = Date.parse(certificate.validTo) - RENEWAL_DAYS * DAY_MS;
  return (
    certificate.verify(issuer.publicKey) &&
    certificate.checkPrivateKey(createPrivateKey(leaf.privateKey)) &&
    clock.now() < renewAt
  );
}

async function makeAuthority(clock: Clock): Promise<KeyPair> {
  const made = await generated([{ name: 'commonName', value: 'Holdfast quickstart CA' }], {
    ...validity(clock, CA_DAYS),
    keyType: 'ec',
    algorithm: 'sha256',
    extensions: [
      { name: 'basicConstraints', cA: true, critical: true },
      { name: 'keyUsage', keyCertSign: true, cRLSign: true, critical: true },
    ],
  });
  return { certificate: made.cert, privateKey: made.private };
}

async function issueServerCertificate(authority: KeyPair, clock: Clock): Promise<KeyPair> {
  const made = await generated([{ name: 'commonName', value: 'localhost' }], {
    ...validity(clock, LEAF_DAYS),
    keyType: 'ec',
    algorithm: 'sha256',
    ca: { cert: authority.certificate, key: authority.privateKey },
    extensions: [
      { name: 'basicConstraints', cA: false, critical: true },
      { name: 'keyUsage', digitalSignature: true, critical: true },
      { name: 'extKeyUsage', serverAuth: true },
      {
        name: 'subjectAltName',
        altNames: [
          { type: 2, value: 'localhost' },
          { type: 7, ip: '127.0.0.1' },
        ],
      },
    ],
  });
  return { certificate: made.cert, privateKey: made.private };
}

/** Loads what makes certificates at the first start alone: it takes as long as the rest of one. */
const generated: typeof generate = async (...of) => (await import('selfsigned')).generate(...of);

function validity(clock: Clock, days: number): { notBeforeDate: Date; notAfterDate: Date } {
  // A day back, for clients whose clock is behind.
  const from = clock.now() - DAY_MS;
  return { notBeforeDate: new Date(from), notAfterDate: new Date(from + days * DAY_MS) };
}

async function readKeyPair(folder: string, name: string): Promise<KeyPair | undefined> {
  const certificate = await ifThere(readFile(join(folder, `${name}.pem`), 'utf8'));
  const privateKey = await ifThere(readFile(join(folder, `${name}.key`), 'utf8'));
  if (certificate === undefined || privateKey === undefined) return undefined;
  return { certificate, privateKey };
}

/** The key goes first: a certificate without its key would be kept and be of no use. */
async function writeKeyPair(folder: string, name: string, pair: KeyPair): Promise<void> {
  await writeFileAtomically(join(folder, `${name}.key`), pair.privateKey);
  await writeFileAtomically(join(folder, `${name}.pem`), pair.certificate);
}
