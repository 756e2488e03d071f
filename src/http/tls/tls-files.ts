import type {
  ConfigurationProblem,
  ConfigurationWarning,
  FieldPath,
} from '../../configuration/reading/problem.js';
import { readTextFile } from '../../configuration/reading/text-file.js';
import { Secret } from '../../shared/secret.js';
import type { CertificateFinding, CertificateFindingCode } from './certificate-findings.js';
import { inspectCertificateChain } from './certificate-inspection.js';
import type { TlsConfig } from '../config.js';
import type { ListenerCertificates } from './tls.js';

/** The largest is a bundle of every public root, about 200 KB. */
const MAX_BYTES = 1024 * 1024;

const CERTIFICATES_ALLOWED = 'a readable PEM file with certificates';
const KEY_ALLOWED = 'a readable PEM file with the private key of the certificate';

/** A finding that does not stop a listener: AWS KMS may refuse it, or others can read a file. */
export interface TlsFileWarning extends ConfigurationWarning {
  readonly code?: CertificateFindingCode;
}

/**
 * The content of the files that a listener's `tls` names, or their problems. Paths start at `tls`.
 */
export type TlsFiles =
  | { readonly problems: readonly ConfigurationProblem[] }
  | (ListenerCertificates & { readonly warnings: readonly TlsFileWarning[] });

/**
 * Reads the files of a listener's `tls` and looks at them as AWS KMS would.
 *
 * @param config with absolute paths
 * @param now in ms since 1970
 */
export function readTlsFiles(config: TlsConfig, now: number): TlsFiles {
  const problems: ConfigurationProblem[] = [];
  const read = (path: FieldPath, file: string, allowed: string) => {
    const reading = readTextFile(file, MAX_BYTES);
    if (!('found' in reading)) return reading;
    problems.push({ path, found: reading.found, allowed });
    return { text: '' };
  };
  const { certificateChain, clientCertificates, publicNames } = config;
  const chain = read(['certificateChain'], certificateChain, CERTIFICATES_ALLOWED);
  const key = read(['privateKey'], config.privateKey, KEY_ALLOWED);
  const clientRoots = clientCertificates?.roots.map(
    (file, index) => read(['clientCertificates', 'roots', index], file, CERTIFICATES_ALLOWED).text,
  );
  if (problems.length > 0) return { problems };

  const material = { certificateChain: chain.text, privateKey: new Secret(key.text), clientRoots };
  const { findings, expiresAt } = inspectCertificateChain(material, publicNames, now);
  const errors = findings.filter(({ severity }) => severity === 'error');
  if (errors.length > 0) return { problems: errors.map((error) => toProblem(error, config)) };
  const openKey =
    key.openToOthers === undefined ? [] : [{ path: ['privateKey'], message: key.openToOthers }];
  const warnings = findings.map(({ path, message, code }) => ({ path, message, code }));
  return { material, warnings: [...openKey, ...warnings], expiresAt };
}

function toProblem({ code, path, message }: CertificateFinding, config: TlsConfig) {
  const file = fileAt(path, config);
  return { path, found: `the file ${file}, ${message}`, allowed: allowedInstead(code, file) };
}

function fileAt([field, , index]: FieldPath, config: TlsConfig): string | undefined {
  if (field === 'privateKey') return config.privateKey;
  return typeof index === 'number'
    ? config.clientCertificates?.roots[index]
    : config.certificateChain;
}

function allowedInstead(code: CertificateFindingCode, file = ''): string {
  if (code === 'encrypted-key') {
    return `a private key without a passphrase; to remove it: openssl pkey -in '${file}' -out NEW_FILE`;
  }
  return code === 'unreadable-key' || code === 'key-mismatch' ? KEY_ALLOWED : CERTIFICATES_ALLOWED;
}
