import type { Clock } from '../../shared/clock.js';
import type { OperatorLog } from '../../shared/operator-log.js';
import type { RandomBytes } from '../../shared/randomness.js';
import type { Secret } from '../../shared/secret.js';
import type { MasterKey } from '../../sealing/master-key.js';
import { SealingError } from '../../sealing/errors.js';
import type { StateDocument } from '../../state/collection.js';
import type { Confirmation, Confirmations } from '../../state/confirmations.js';
import { StateError } from '../../state/errors.js';
import type { Collection, State } from '../../state/state.js';
import { type Credential, generateCredential } from '../credential-generator.js';
import { credentialCollection, credentialDocumentId, type KeptCredential } from './documents.js';
import { NoSealingKeyError, SealedSecrets } from './sealed-secrets.js';
import { type CredentialStanding, standingAt, timeOf, type ValidTime } from './standing.js';
import { messageOf } from '../../shared/reason-of.js';

/** The parts that run-time credentials work with. */
export interface RunTimeCredentialsPorts {
  readonly state: Pick<State, 'collection'>;
  readonly clock: Pick<Clock, 'now'>;
  readonly randomBytes: RandomBytes;
  readonly log: OperatorLog;
  readonly confirmations: Pick<Confirmations, 'of'>;
  /** The key that seals secrets in the state store; undefined where none is configured. */
  readonly masterKey: MasterKey | undefined;
}

/** The words of an administrator about a credential that is added. */
export interface NewCredential
  extends Pick<KeptCredential, 'createdBy' | 'keyStore'>,
    Partial<Pick<KeptCredential, 'label' | 'notAfter' | 'notBefore' | 'replaces'>> {}

/** A credential that was added, and the replicas that have it. */
export interface AddedCredential extends Credential, Confirmation {}

/** Credentials of the state store cannot be opened with what the configuration gives. */
export class CredentialsError extends Error {
  override readonly name = 'CredentialsError';
}

/** A credential in memory. */
interface Known {
  readonly kept: KeptCredential;
  readonly revision: number;
  readonly validTime: ValidTime;
  /** Absent for one that is disabled, and while it is opened. */
  secret?: Secret;
  /** The reason why its secret cannot be opened. */
  problem?: unknown;
}

/**
 * The credentials that administrators add while Holdfast runs, sealed in the state store. Requests
 * ask in memory. What is removed or disabled is forgotten as soon as this replica hears of it.
 */
export class RunTimeCredentials {
  readonly #ports: RunTimeCredentialsPorts;
  readonly #collection: Collection<KeptCredential>;
  readonly #secrets: SealedSecrets;
  /** By the ids of their documents. */
  readonly #known = new Map<string, Known>();
  readonly #opening = new Map<string, Promise<void>>();

  private constructor(ports: RunTimeCredentialsPorts) {
    this.#ports = ports;
    this.#secrets = new SealedSecrets(ports.masterKey);
    this.#collection = ports.state.collection(credentialCollection);
    for (const document of this.#collection.list()) this.#take(document);
    this.#collection.watch((document) => {
      this.#take(document);
    });
  }

  /**
   * Opens the credentials of the state store. One alone that is damaged is logged, and refused.
   *
   * @throws CredentialsError where the configuration has another key than they were sealed with
   */
  static async open(ports: RunTimeCredentialsPorts): Promise<RunTimeCredentials> {
    const credentials = new RunTimeCredentials(ports);
    await Promise.all(credentials.#opening.values());
    for (const { kept, problem } of credentials.#known.values()) {
      if (isWrongKey(problem)) throw notOpened(kept, problem);
    }
    return credentials;
  }

  /** The secret of a credential that is valid now. */
  secretOf(keyStore: string, accessKeyId: string): Secret | undefined {
    const known = this.#known.get(`${keyStore}/${accessKeyId}`);
    if (known?.secret === undefined) return undefined;
    const isValid = standingAt(known.validTime, this.#ports.clock.now()) === 'valid';
    return isValid ? known.secret : undefined;
  }

  /** The standing of a credential; undefined for one that there is not. */
  standingOf(keyStore: string, accessKeyId: string): CredentialStanding | undefined {
    const known = this.#known.get(`${keyStore}/${accessKeyId}`);
    if (known === undefined) return undefined;
    if (known.kept.disabled) return 'disabled';
    if (known.problem !== undefined) return 'unreadable';
    return standingAt(known.validTime, this.#ports.clock.now());
  }

  /** Every credential, in the order of key stores and of their making. */
  list(): readonly KeptCredential[] {
    return [...this.#known.values()]
      .map(({ kept }) => kept)
      .sort((a, b) => compare(sortedBy(a), sortedBy(b)));
  }

  /** The credential with an access key id, which is of one key store alone. */
  find(accessKeyId: string): KeptCredential | undefined {
    return this.list().find((kept) => kept.accessKeyId === accessKeyId);
  }

  /**
   * Makes a credential, which is valid when this resolves.
   *
   * @param isTaken tells of access key ids that somebody has otherwise
   * @throws NoSealingKeyError, StateError
   */
  async add(wanted: NewCredential, isTaken: (id: string) => boolean): Promise<AddedCredential> {
    const { clock, randomBytes } = this.#ports;
    let credential = generateCredential(randomBytes);
    while (isTaken(credential.accessKeyId) || this.#everWas(credential.accessKeyId)) {
      credential = generateCredential(randomBytes);
    }
    const { accessKeyId, secretAccessKey } = credential;
    const { keyStore } = wanted;
    const createdAt = new Date(clock.now()).toISOString();
    const sealed = await this.#secrets.seal({ keyStore, accessKeyId }, secretAccessKey);
    const kept = { ...wanted, accessKeyId, createdAt, disabled: false, ...sealed };
    return { ...credential, ...(await this.#confirmed(await this.#put(kept, 0))) };
  }

  /**
   * Disables a credential or enables it again.
   *
   * @returns the replicas that have it so
   * @throws StateError; CredentialsError for one that is enabled and cannot be opened here
   */
  async setDisabled(accessKeyId: string, disabled: boolean): Promise<Confirmation> {
    const { kept, revision } = this.#require(accessKeyId);
    // Before anything is changed, it must open.
    if (!disabled) await this.reveal(accessKeyId);
    const isAsWanted = kept.disabled === disabled;
    return this.#confirmed(
      isAsWanted ? revision : await this.#put({ ...kept, disabled }, revision),
    );
  }

  /**
   * Removes a credential for good.
   *
   * @returns the replicas that have it no more
   * @throws StateError
   */
  async remove(accessKeyId: string): Promise<Confirmation> {
    const { kept, revision } = this.#require(accessKeyId);
    const removed = await this.#collection.remove(credentialDocumentId(kept), revision);
    return this.#confirmed(removed.revision);
  }

  /** The secret of a credential, whatever its standing. @throws CredentialsError */
  async reveal(accessKeyId: string): Promise<Secret> {
    const { kept, secret } = this.#require(accessKeyId);
    if (secret !== undefined) return secret;
    try {
      return await this.#secrets.open(kept);
    } catch (error) {
      throw notOpened(kept, error);
    }
  }

  #confirmed(revision: number): Promise<Confirmation> {
    return this.#ports.confirmations.of(revision);
  }

  /** @returns the revision of the document */
  async #put(kept: KeptCredential, replaces: number): Promise<number> {
    const id = credentialDocumentId(kept);
    const { revision } = await this.#collection.put(id, kept, replaces);
    await this.#opening.get(id);
    return revision;
  }

  #take(document: StateDocument<KeptCredential>): void {
    const { id } = document;
    // One that cannot be read is not valid: nobody can say that it is not removed.
    if (document.kind !== 'value') {
      this.#known.delete(id);
      return;
    }
    const { value: kept, revision } = document;
    // A document under another's name is nobody's credential.
    if (credentialDocumentId(kept) !== id) {
      this.#known.delete(id);
      return;
    }
    const before = this.#known.get(id);
    const validTime = { notBefore: timeOf(kept.notBefore), notAfter: timeOf(kept.notAfter) };
    const known: Known = { kept, revision, validTime };
    this.#known.set(id, known);
    if (kept.disabled) return;
    if (before?.secret !== undefined && before.kept.sealed === kept.sealed) {
      known.secret = before.secret;
      return;
    }
    const opening = this.#open(known).finally(() => {
      if (this.#opening.get(id) === opening) this.#opening.delete(id);
    });
    this.#opening.set(id, opening);
  }

  /** Opens what is still as it was when that began. Never rejects. */
  async #open(known: Known): Promise<void> {
    try {
      known.secret = await this.#secrets.open(known.kept);
    } catch (error) {
      known.problem = error;
      const { keyStore, accessKeyId } = known.kept;
      const fields = { err: error, keyStore, accessKeyId };
      this.#ports.log.error(
        fields,
        'a credential of the state store cannot be opened; it is refused',
      );
    }
  }

  /** True for an id that a credential of the state store has or had. */
  #everWas(accessKeyId: string): boolean {
    return this.#collection.list().some(({ id }) => id.endsWith(`/${accessKeyId}`));
  }

  #require(accessKeyId: string): Known {
    for (const known of this.#known.values()) {
      if (known.kept.accessKeyId === accessKeyId) return known;
    }
    throw new StateError('conflict', `the credential ${accessKeyId} has just been removed`);
  }
}

/** True where every other credential is as unreadable: the configuration is to be mended. */
function isWrongKey(problem: unknown): boolean {
  if (problem instanceof NoSealingKeyError) return true;
  return problem instanceof SealingError && problem.code === 'wrong-master-key';
}

function notOpened({ keyStore, accessKeyId }: KeptCredential, cause: unknown): CredentialsError {
  const reason = messageOf(cause);
  return new CredentialsError(
    `The credential ${accessKeyId} of the key store ${keyStore} is kept sealed in the state ` +
      `store, and cannot be opened (state.sealing): ${reason}.`,
    { cause },
  );
}

function sortedBy({ keyStore, createdAt, accessKeyId }: KeptCredential): string {
  return [keyStore, createdAt, accessKeyId].join(' ');
}

function compare(a: string, b: string): number {
  return a < b ? -1 : Number(a > b);
}
