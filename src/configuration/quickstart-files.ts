import { join } from 'node:path';

/** The absolute paths of the files that the quickstart makes and other parts read. */
export interface QuickstartFiles {
  readonly folder: string;
  /** The certificate authority that a client must trust, PEM. */
  readonly authority: string;
  /** The listener's certificate, PEM. */
  readonly serverCertificate: string;
  /** The values for the KMS console: URI path and credential. */
  readonly consoleFile: string;
}

/** Returns the paths of the files that the quickstart makes in a state directory. */
export function quickstartFiles(stateDirectory: string): QuickstartFiles {
  const folder = join(stateDirectory, 'quickstart');
  return {
    folder,
    authority: join(folder, 'ca.pem'),
    serverCertificate: join(folder, 'server.pem'),
    consoleFile: join(folder, 'xks-proxy-configuration.json'),
  };
}
