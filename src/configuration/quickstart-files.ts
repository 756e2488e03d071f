import { join } from 'node:path';

/** What the quickstart makes and others look for; absolute paths. */
export interface QuickstartFiles {
  readonly folder: string;
  /** The certificate authority that a client must trust, PEM. */
  readonly authority: string;
  /** The listener's certificate, PEM. */
  readonly serverCertificate: string;
  /** What the KMS console takes: URI path and credential. */
  readonly consoleFile: string;
}

/** Where the quickstart of a state directory keeps what it makes. */
export function quickstartFiles(stateDirectory: string): QuickstartFiles {
  const folder = join(stateDirectory, 'quickstart');
  return {
    folder,
    authority: join(folder, 'ca.pem'),
    serverCertificate: join(folder, 'server.pem'),
    consoleFile: join(folder, 'xks-proxy-configuration.json'),
  };
}
