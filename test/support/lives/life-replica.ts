import { BlocksInForce } from '../../../src/authorization/blocks/blocks-in-force.js';
import { decryptBody, encryptBody, metadataBody } from '../../../src/doctor/client/bodies.js';
import type { EncryptAnswer } from '../../../src/doctor/client/bodies.js';
import { ExternalKeyRecords } from '../../../src/external-keys/external-key-records.js';
import { NotedUses } from '../../../src/external-keys/use/noted-uses.js';
import { KeyManagerError } from '../../../src/key-managers/backend.js';
import { type KeyManager, untraced } from '../../../src/key-managers/key-manager.js';
import { whenSettled } from '../../../src/key-managers/when-settled.js';
import type { ServedKeyStore } from '../../../src/pipeline/context.js';
import { Execution } from '../../../src/pipeline/execution.js';
import { findKey } from '../../../src/pipeline/stages/find-key.js';
import { operate } from '../../../src/pipeline/stages/operate.js';
import { systemClock } from '../../../src/shared/clock.js';
import { Deadline } from '../../../src/shared/deadline.js';
import { Secret } from '../../../src/shared/secret.js';
import { credentialsIn } from '../credentials.js';
import { SignatureVerifier } from '../../../src/sigv4/verifier.js';
import type { StateCopy } from '../../../src/state/copy/state-copy.js';
import { HOLDFAST_FORMATS } from '../../../src/xks/ciphertext-formats/index.js';
import { decrypt } from '../../../src/xks/operations/decrypt.js';
import { encrypt } from '../../../src/xks/operations/encrypt.js';
import { getKeyMetadata } from '../../../src/xks/operations/get-key-metadata.js';
import type { KeyOperation } from '../../../src/xks/operation.js';
import type { LifecycleReplica } from '../lifecycle.js';
import type { ManualClock } from '../scheduled-replica.js';
import type { Scheduler } from '../../../src/external-keys/schedules/scheduler.js';
import type { GatedStore } from './gated-store.js';
import type { Mortal } from './mortal.js';

/** The key store of every life, which exposes every key. */
export const KEY_STORE = { name: 'store', namesMaterial: true, exposes: () => true } as const;

const QUESTION_MS = 60_000;

/** The parts of a process. */
export interface LifeReplicaParts {
  readonly mortal: Mortal;
  readonly store: GatedStore;
  readonly state: StateCopy;
  readonly keyManager: KeyManager;
  readonly clock: ManualClock;
  readonly acts: Pick<LifecycleReplica, 'lifecycle' | 'records'>;
  readonly scheduler: Scheduler;
}

/** Something encrypted, as KMS keeps it, and the key that was found for it. */
export interface Encrypted {
  readonly answer: EncryptAnswer;
  readonly externalKeyId: string;
}

/** One process of a life: it acts on keys, keeps the schedules and answers requests. */
export class LifeReplica {
  readonly mortal: Mortal;
  readonly lifecycle: LifecycleReplica['lifecycle'];
  readonly records: LifecycleReplica['records'];
  readonly clock: ManualClock;
  readonly #parts: LifeReplicaParts;
  readonly #keyStore: ServedKeyStore;

  constructor(parts: LifeReplicaParts) {
    this.#parts = parts;
    this.mortal = parts.mortal;
    this.lifecycle = parts.acts.lifecycle;
    this.records = parts.acts.records;
    this.clock = parts.clock;
    this.#keyStore = {
      ...{ ...KEY_STORE, keyManager: parts.keyManager, keys: parts.acts.records },
      uses: new NotedUses(parts.clock),
      ciphertextFormats: HOLDFAST_FORMATS,
      policies: undefined,
      quotas: undefined,
      verifier: new SignatureVerifier({
        credentials: credentialsIn({}),
        region: undefined,
        clock: parts.clock,
        decoySecret: new Secret('decoy'),
      }),
    };
  }

  /** The id of its lease. */
  get id(): string {
    return this.#parts.state.replica;
  }

  /** Learns what others have changed. */
  async refresh(): Promise<void> {
    this.#parts.store.open();
    await this.#parts.state.refresh(Deadline.after(systemClock, QUESTION_MS));
  }

  /** Resolves when every process that lives knows what there is now. */
  async settled(): Promise<void> {
    const { state, store } = this.#parts;
    const { mark } = await store.changesSince(0);
    await whenSettled(state, mark.revision, systemClock);
  }

  /** Runs a round of its schedules on what it knows. */
  round(): Promise<void> {
    return this.#parts.scheduler.round();
  }

  /** Encrypts as a request would. @throws as the pipeline does */
  async encrypt(externalKeyId: string, plaintext: Buffer): Promise<Encrypted> {
    const { answer, execution } = await this.#ask(encrypt, externalKeyId, encryptBody(plaintext));
    return {
      answer: answer as EncryptAnswer,
      externalKeyId: execution.targetKeyId ?? externalKeyId,
    };
  }

  /** Decrypts as a request would. @throws as the pipeline does */
  async decrypt(externalKeyId: string, sealed: EncryptAnswer): Promise<Buffer> {
    const { answer } = await this.#ask(decrypt, externalKeyId, decryptBody(sealed));
    return Buffer.from((answer as { plaintext: string }).plaintext, 'base64');
  }

  /** The status that KMS is told of a key. @throws as the pipeline does */
  async status(externalKeyId: string): Promise<string> {
    const { answer } = await this.#ask(getKeyMetadata, externalKeyId, metadataBody());
    return (answer as { keyStatus: string }).keyStatus;
  }

  /** The versions of a key that have material at the key manager. */
  async materialOf(externalKeyId: string): Promise<ReadonlySet<number>> {
    const call = untraced(Deadline.after(systemClock, QUESTION_MS));
    try {
      const { versions } = await this.#parts.keyManager.describeKeyAnew(externalKeyId, call);
      return new Set(versions.keys());
    } catch (error) {
      if (error instanceof KeyManagerError && error.code === 'key-not-found') return new Set();
      throw error;
    }
  }

  /** Ends it, with a crash or without. */
  async close(): Promise<void> {
    await this.#parts.keyManager.close();
    await this.#parts.state.close();
  }

  async #ask(operation: KeyOperation, externalKeyId: string, body: object) {
    const { keyManager } = this.#parts;
    const execution = new Execution(keyManager.name, Deadline.after(systemClock, QUESTION_MS));
    const asked = {
      ...{ operation, externalKeyId, principal: undefined, account: '', execution },
      counted: undefined,
      request: operation.parse(body),
      keyStore: this.#keyStore,
      blocks: new BlocksInForce(),
    };
    const found = await findKey(asked);
    return { answer: await operate(found, asked), execution };
  }
}

/** The records of a process's keys before its key manager is started. */
export function recordsOf(state: StateCopy, clock: ManualClock, keyManager: string) {
  return new ExternalKeyRecords(state, clock).of(keyManager);
}
