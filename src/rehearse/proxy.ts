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
  /** Its keys, where the rehearsal may make and change some. */
  readonly keys?: RehearsedKeys | undefined;
}

/** Fields of a key store, as its configuration has them; what is undefined is left out of it. */
export interface ReconfiguredFields {
  readonly quotas?: object | undefined;
  readonly policies?: object | undefined;
}

/** The keys of a Holdfast that a rehearsal may do anything to. */
export interface RehearsedKeys {
  readonly keyStore: string;
  /**
   * Runs `holdfast` against it.
   *
   * @returns its standard output
   * @throws Error with what it complains of, where it fails
   */
  readonly holdfast: (...args: readonly string[]) => Promise<string>;
  /** Changes fields of the key store in the configuration, and reloads it. */
  readonly configure: (fields: ReconfiguredFields) => Promise<void>;
}
