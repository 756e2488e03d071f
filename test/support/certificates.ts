import { generate } from 'selfsigned';

/** A certificate and its private key, both PEM. */
export interface IssuedCertificate {
  readonly certificate: string;
  readonly privateKey: string;
}

/** What issues other certificates. Certificates below it have keys of the same type. */
export interface CertificateAuthority extends IssuedCertificate {
  readonly keyType: 'ec' | 'rsa';
}

/** What a certificate says; everything has a default that verifies. */
export interface CertificateRequest {
  readonly commonName: string;
  readonly dnsNames?: readonly string[];
  readonly ipAddresses?: readonly string[];
  /** Default: an hour ago. */
  readonly notBefore?: Date;
  /** Default: in 365 days. */
  readonly notAfter?: Date;
  /** For a TLS client instead of a server. */
  readonly clientAuth?: boolean;
  /** RSA authorities alone; default 2048. */
  readonly keyBits?: number;
  /** Default `sha256`. */
  readonly digest?: 'sha1' | 'sha256';
}

const HOUR_MS = 3_600_000;
const YEAR_MS = 365 * 24 * HOUR_MS;

/** Makes a root, self-signed; P-256 unless asked otherwise, because RSA keys take long to make. */
export async function makeCertificateAuthority(
  commonName = 'Holdfast test root',
  keyType: 'ec' | 'rsa' = 'ec',
): Promise<CertificateAuthority> {
  const pems = await generate([{ name: 'commonName', value: commonName }], {
    ...optionsOf({ commonName }, keyType),
    extensions: authorityExtensions(),
  });
  return { ...pemsOf(pems), keyType };
}

/** Makes an authority that `parent` vouches for. */
export async function issueIntermediate(
  parent: CertificateAuthority,
  commonName = 'Holdfast test intermediate',
): Promise<CertificateAuthority> {
  const pems = await generate([{ name: 'commonName', value: commonName }], {
    ...optionsOf({ commonName }, parent.keyType),
    ca: { key: parent.privateKey, cert: parent.certificate },
    extensions: authorityExtensions(),
  });
  return { ...pemsOf(pems), keyType: parent.keyType };
}

/** Makes the certificate of a server or a client; the chain is the caller's to put together. */
export async function issueCertificate(
  authority: CertificateAuthority,
  request: CertificateRequest,
): Promise<IssuedCertificate> {
  const pems = await generate([{ name: 'commonName', value: request.commonName }], {
    ...optionsOf(request, authority.keyType),
    ca: { key: authority.privateKey, cert: authority.certificate },
    extensions: leafExtensions(request),
  });
  return pemsOf(pems);
}

/** Makes a certificate that nobody but itself vouches for. */
export async function makeSelfSigned(request: CertificateRequest): Promise<IssuedCertificate> {
  const pems = await generate([{ name: 'commonName', value: request.commonName }], {
    ...optionsOf(request, 'ec'),
    extensions: leafExtensions(request),
  });
  return pemsOf(pems);
}

/** Ends both with a newline, so that certificates can be put together to a chain. */
function pemsOf(pems: { cert: string; private: string }): IssuedCertificate {
  return { certificate: `${pems.cert.trim()}\n`, privateKey: `${pems.private.trim()}\n` };
}

type Options = NonNullable<Parameters<typeof generate>[1]>;
type Extensions = NonNullable<Options['extensions']>;

function optionsOf(request: CertificateRequest, keyType: 'ec' | 'rsa'): Options {
  return {
    keyType,
    keySize: request.keyBits ?? 2048,
    algorithm: request.digest ?? 'sha256',
    notBeforeDate: request.notBefore ?? new Date(Date.now() - HOUR_MS),
    notAfterDate: request.notAfter ?? new Date(Date.now() + YEAR_MS),
  };
}

function authorityExtensions(): Extensions {
  return [
    { name: 'basicConstraints', cA: true, critical: true },
    { name: 'keyUsage', keyCertSign: true, cRLSign: true, critical: true },
  ];
}

function leafExtensions(request: CertificateRequest): Extensions {
  const altNames = [
    ...(request.dnsNames ?? []).map((value) => ({ type: 2, value }) as const),
    ...(request.ipAddresses ?? []).map((ip) => ({ type: 7, ip }) as const),
  ];
  return [
    { name: 'basicConstraints', cA: false, critical: true },
    { name: 'keyUsage', digitalSignature: true, critical: true },
    request.clientAuth === true
      ? { name: 'extKeyUsage', clientAuth: true }
      : { name: 'extKeyUsage', serverAuth: true },
    ...(altNames.length > 0 ? [{ name: 'subjectAltName', altNames } as const] : []),
  ];
}
