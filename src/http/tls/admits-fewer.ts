import { X509Certificate } from 'node:crypto';
import type { TlsConfig } from '../config.js';
import type { TlsMaterial } from './tls.js';

const PEM_CERTIFICATE = /-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g;

/** The clients that a listener with client certificates lets in. */
interface Admission {
  readonly config: TlsConfig['clientCertificates'];
  readonly material: Pick<TlsMaterial, 'clientRoots'> | undefined;
}

/** Tells whether a client may have been let in before who would not be now. */
export function admitsFewer(before: Admission, now: Admission): boolean {
  const lacks = (old: ReadonlySet<string>, young: ReadonlySet<string>) =>
    [...old].some((each) => !young.has(each));
  return lacks(namesOf(before), namesOf(now)) || lacks(rootsOf(before), rootsOf(now));
}

function namesOf({ config }: Admission): ReadonlySet<string> {
  return new Set(config?.allowedNames.map((name) => name.toLowerCase()));
}

/** By their fingerprints: white space and comments of a file vouch for nobody. */
function rootsOf({ material }: Admission): ReadonlySet<string> {
  const certificates = material?.clientRoots?.flatMap((pem) => pem.match(PEM_CERTIFICATE) ?? []);
  return new Set(certificates?.map((pem) => new X509Certificate(pem).fingerprint256));
}
