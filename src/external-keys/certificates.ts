import { z } from 'zod';
import type { CollectionDefinition } from '../state/collection.js';
import type { Collection, State } from '../state/state.js';

const certificateSchema = z.strictObject({
  /** Compact JWS. */
  jws: z.string().max(4 * 2 ** 20),
});

/** A certificate of destruction, as a document. */
type CertificateDocument = z.infer<typeof certificateSchema>;

/** The certificates of destruction of all keys. */
export const destructionCertificates: CollectionDefinition<CertificateDocument> = {
  name: 'destruction-certificates',
  newest: { number: 1, schema: certificateSchema },
};

/** Signs what Holdfast states, with the key that signs its audit log. */
export interface StatementSigner {
  /** The name of the audit log. */
  readonly origin: string;
  /**
   * The newest checkpoint of the audit log, signed now where that is possible.
   *
   * @returns a signed note; undefined where the log has none yet
   */
  checkpoint(): Promise<string | undefined>;
  /** @returns a compact JWS of the type `holdfast-destruction+json` */
  sign(statement: object): Promise<string>;
}

/** The destruction that a certificate is about. */
export interface Destroyed {
  readonly keyManager: string;
  readonly externalKeyId: string;
  /** `imported-material` may come again, from the copy of its owner; the others never do. */
  readonly extent: 'key' | 'version' | 'imported-material';
  /** Present where one version was destroyed. */
  readonly version?: number;
  readonly materials: readonly { readonly version: number; readonly materialName: string }[];
  readonly created: { readonly at: string; readonly by: string } | undefined;
  /** The request: when, by whom, and the waiting period in days; 0 for imported material. */
  readonly asked: { readonly at: string; readonly by: string; readonly days: number } | undefined;
  readonly destroyedAt: string;
  /** The replica that destroyed it, by its lease. */
  readonly replica: string;
  /** The master key that could open a copy of the material, where it was sealed under one. */
  readonly masterKeyId: string | undefined;
}

/** The places that Holdfast cannot reach, in which material may outlast its destruction. */
export const BEYOND_REACH = [
  'backups and snapshots of the key manager, of the state store and of their disks',
  'write-ahead logs and archives of PostgreSQL, and of the storage of OpenBao or Vault',
  'standbys and replicas that do not follow at the time, and those of the key manager itself',
  'blocks of solid-state disks, and of file systems that copy on write, until they are written anew',
  'clones and backups of tokens (HSMs), and memory of processes that were suspended or dumped',
  'copies of imported material with those who brought it',
] as const;

/**
 * The certificates of destruction. They are kept in the state, so that every replica has them.
 * Without an audit log there is no key to sign them with, and none is made.
 */
export class Certificates {
  readonly #collection: Collection<CertificateDocument>;
  readonly #signer: StatementSigner | undefined;

  constructor(state: Pick<State, 'collection'>, signer: StatementSigner | undefined) {
    this.#collection = state.collection(destructionCertificates);
    this.#signer = signer;
  }

  /** True where certificates are made. */
  get isSigning(): boolean {
    return this.#signer !== undefined;
  }

  /**
   * The certificate of one version of a key, of the key, or, as long as that is not destroyed, of
   * its imported material that was deleted last; undefined where there is none.
   */
  of(keyManager: string, externalKeyId: string, version?: number): string | undefined {
    const key = { keyManager, externalKeyId };
    if (version !== undefined) return this.#find({ ...key, extent: 'version', version });
    return (
      this.#find({ ...key, extent: 'key' }) ?? this.#find({ ...key, extent: 'imported-material' })
    );
  }

  /**
   * Makes the certificate of a destruction and keeps it, unless that is done. That of imported
   * material takes the place of the one before.
   *
   * @returns false where nothing can sign it
   * @throws StateError
   */
  async issue(destroyed: Destroyed): Promise<boolean> {
    const isOnce = destroyed.extent !== 'imported-material';
    if (isOnce && this.#find(destroyed) !== undefined) return true;
    const signer = this.#signer;
    if (signer === undefined) return false;
    const checkpoint = await signer.checkpoint();
    const jws = await signer.sign(statementOf(destroyed, signer.origin, checkpoint));
    const id = idOf(destroyed);
    await this.#collection.put(id, { jws }, this.#collection.get(id)?.revision ?? 0);
    return true;
  }

  #find(about: Subject): string | undefined {
    const document = this.#collection.get(idOf(about));
    return document?.kind === 'value' ? document.value.jws : undefined;
  }
}

const STATEMENTS: Readonly<Record<Destroyed['extent'], string>> = {
  key: 'The key was destroyed with all its material in its key manager, which was read back.',
  version: 'The version of the key was destroyed in its key manager, which was read back.',
  'imported-material':
    'The imported material of the key was destroyed in its key manager, which was read back. ' +
    'The same material can be imported again by whoever has a copy.',
};

/** The part of a destruction that its certificate is found by. */
type Subject = Pick<Destroyed, 'keyManager' | 'externalKeyId' | 'extent' | 'version'>;

function statementOf(
  destroyed: Destroyed,
  origin: string,
  checkpoint: string | undefined,
): Readonly<Record<string, unknown>> {
  const { keyManager, externalKeyId, created, asked, masterKeyId, ...facts } = destroyed;
  return {
    iss: origin,
    sub: `${keyManager}/${externalKeyId}`,
    iat: Math.floor(Date.parse(destroyed.destroyedAt) / 1000),
    statement: STATEMENTS[destroyed.extent],
    ...{ keyManager, externalKeyId, ...facts },
    created,
    askedFor: asked,
    auditLog: { origin, checkpoint },
    beyondReach: { places: BEYOND_REACH, masterKeyId },
  };
}

function idOf({ keyManager, externalKeyId, extent, version }: Subject): string {
  const key = `${keyManager}/${externalKeyId.toLowerCase()}`;
  if (extent === 'key') return key;
  return extent === 'version' ? `${key}/${String(version)}` : `${key}/${extent}`;
}
