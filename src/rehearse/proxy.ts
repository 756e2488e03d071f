import type { Secret } from '../shared/secret.js';

/** A credential with which KMS signs. */
export interface ProxyCredential {
  readonly accessKeyId: string;
  readonly secretAccessKey: Secret;
}

/** The place of a proxy on the network. */
export interface Place {
  /** An IP address. */
  readonly address: string;
  readonly port: number;
}

/** The proxy that a rehearsal is about. */
export interface RehearsedProxy {
  /** Name by which KMS calls it, and for which its certificate is. */
  readonly host: string;
  readonly place: Place;
  /** Path of a PEM file; absent for the public authorities. */
  readonly ca?: string | undefined;
  /** Path of the key store, with `/kms/xks/v1`. */
  readonly uriPath: string;
  readonly credential: ProxyCredential;
  readonly reserveCredential?: ProxyCredential | undefined;
  /** Folder of its audit log, where that is on this machine. */
  readonly auditLog?: string | undefined;
  /**
   * Restarts it, and ends when the command has. Absent where nobody said how.
   *
   * @returns its place afterwards
   * @throws Error that says why not
   */
  readonly restart?: (() => Promise<Place>) | undefined;
}
