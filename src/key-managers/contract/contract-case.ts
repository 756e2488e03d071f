import assert from 'node:assert/strict';
import type { Deadline } from '../../shared/deadline.js';
import {
  KeyManagerError,
  type KeyManagerErrorCode,
  type KeyManagerNode,
  type KeyRef,
  type KeyUsage,
} from '../backend.js';
import type { MaybePromise } from '../maybe-promise.js';

/** A backend as the suite needs it: ready to serve, and able to make keys. */
export interface ContractHarness {
  readonly node: KeyManagerNode;
  /** A deadline that begins now and is long enough. */
  readonly deadline: () => Deadline;
  /** Makes a key of this usage, another one at every call. @returns its external key id */
  makeKey(usage: ReadonlySet<KeyUsage>): Promise<string>;
  /** Absent where nobody but the node can change its keys. */
  readonly others?: OthersAtWork;
}

/** The acts on keys of others: another replica, or an operator with the vendor's tools. */
export interface OthersAtWork {
  /** Another replica's node on the same keys. */
  readonly node: KeyManagerNode;
  /** An external key id that no key has. */
  freeId(): string;
  makeKey(externalKeyId: string): Promise<void>;
  /** Gives a key the next version. */
  addVersion(externalKeyId: string): Promise<void>;
  destroyKey(externalKeyId: string): Promise<void>;
  /**
   * Keeps all but the newest version from decrypting, or lets them. Absent where that is no act.
   */
  shutOffOldVersions?(externalKeyId: string, isShutOff: boolean): Promise<void>;
  /** Absent where keys are not disabled. */
  setEnabled?(externalKeyId: string, enabled: boolean): Promise<void>;
}

/** One thing that every backend must do. Fails by throwing. */
export interface ContractCase {
  /** Condition → outcome. */
  readonly title: string;
  readonly run: (harness: ContractHarness) => Promise<void>;
}

/** A key for both directions. */
export const ENCRYPT_AND_DECRYPT: ReadonlySet<KeyUsage> = new Set(['ENCRYPT', 'DECRYPT']);

/** Makes a key and names its current version, as the pipeline does. */
export async function currentKey(
  harness: ContractHarness,
  usage: ReadonlySet<KeyUsage> = ENCRYPT_AND_DECRYPT,
): Promise<KeyRef> {
  const externalKeyId = await harness.makeKey(usage);
  const { current } = await harness.node.describeKey(externalKeyId, harness.deadline());
  assert(current !== undefined, 'a new key has a current version');
  return { externalKeyId, version: current };
}

/** Expects a rejection with a KeyManagerError of one of these codes. */
export async function rejectsWith(
  work: () => MaybePromise<unknown>,
  ...codes: readonly KeyManagerErrorCode[]
): Promise<void> {
  await assert.rejects(
    async () => work(),
    (error) => {
      assert(
        error instanceof KeyManagerError,
        `expected a KeyManagerError, found ${String(error)}`,
      );
      assert(codes.includes(error.code), `expected ${codes.join(' or ')}, found ${error.code}`);
      return true;
    },
  );
}
