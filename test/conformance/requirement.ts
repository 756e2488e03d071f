import type { CertificateAuthority } from '../support/certificates.js';
import type { HoldfastServer } from '../support/holdfast-server.js';
import type { XksClient } from '../support/xks-client.js';
import type { Credential } from '../support/xks-requests.js';

/** The server that requirements are checked against, over TLS. */
export interface Served {
  readonly server: HoldfastServer;
  /** Of the key store `quickstart`. */
  readonly client: XksClient;
  /** Of the key store `/other`, which has two. */
  readonly otherCredentials: readonly [Credential, Credential];
  /** Port of a listener whose certificate has an RSA key; the first listener's is ECDSA. */
  readonly rsaPort: number;
  /** Port of a listener that asks for a certificate of `clientAuthority` with `CLIENT_NAME`. */
  readonly mutualPort: number;
  readonly clientAuthority: CertificateAuthority;
  /** Port of a listener for `EXAMINED_HOST`, whose certificate is of `examinedCa`. */
  readonly examinedPort: number;
  readonly examinedCa: string;
}

/** Name of the endpoint that the list in src/doctor is run against. */
export const EXAMINED_HOST = 'xks.example.com';

/** Common name of the client certificate that KMS presents in one region. */
export const CLIENT_NAME = 'cks.kms.eu-west-1.amazonaws.com';

/** Paths of the key stores beside the quickstart's. */
export const OTHER_URI_PATH = '/other/kms/xks/v1';
export const ROOT_URI_PATH = '/kms/xks/v1';
/** 128 characters, the most that the specification allows. */
export const LONGEST_URI_PATH = `/${'Long-path_'.repeat(11)}123456/kms/xks/v1`;
/** 128 characters, the most that the specification allows. */
export const LONGEST_KEY_ID = `${'Key_id.0-'.repeat(14)}zz`;

/** One sentence of the specification that asks something of a proxy. */
export interface Requirement {
  /** `OWN` is a promise of ours beyond the specification. */
  readonly level: 'MUST' | 'SHOULD' | 'OWN';
  /** What is asked, in our words. */
  readonly text: string;
  /** Throws where the server does something else. */
  readonly check: (served: Served) => Promise<void>;
}

/** The requirements of one section. */
export interface Section {
  /** Its heading in the specification. */
  readonly title: string;
  readonly requirements: readonly Requirement[];
}
