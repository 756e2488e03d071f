import assert from 'node:assert/strict';
import type { Deadline } from '../../shared/deadline.js';
import {
  type KeyAdministration,
  type KeyDescription,
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
  /**
   * The administration of the same keys. A case about a method that it lacks passes; without an
   * administration, all of them do.
   */
  readonly administration?: KeyAdministration;
  /**
   * True where a key comes to be with its first material, and is gone with its last: that it waits
   * for an import is then known to others.
   */
  readonly hasNoKeysWithoutMaterial?: boolean;
  /** True where nothing tells later that a key's material was imported. */
  readonly forgetsOrigins?: boolean;
  /**
   * Lets the time pass after which a new version encrypts. Absent where none needs to pass.
   */
  settle?(): void;
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

/** Time between two looks at a key that changes by itself. */
const PAUSE_MS = 20;

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

/** Describes a key as its key manager knows it now, whatever the node remembers. */
export async function describedNow(
  { node, deadline }: ContractHarness,
  externalKeyId: string,
): Promise<KeyDescription> {
  if (node.describeKeyAnew === undefined) return node.describeKey(externalKeyId, deadline());
  return node.describeKeyAnew(externalKeyId, deadline());
}

/**
 * Waits until a version encrypts: where several replicas serve a key, that is when all know it.
 *
 * @returns the key with that version
 */
export async function untilCurrent(
  harness: ContractHarness,
  externalKeyId: string,
  isWanted: (version: number) => boolean,
): Promise<KeyRef> {
  const deadline = harness.deadline();
  await describedNow(harness, externalKeyId);
  harness.settle?.();
  while (deadline.remainingMs() > 0) {
    const { current } = await describedNow(harness, externalKeyId);
    if (current !== undefined && isWanted(current.version)) {
      return { externalKeyId, version: current };
    }
    await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
  }
  return assert.fail(`the version of ${externalKeyId} that is wanted never encrypts`);
}

/** Expects a key to be there without any material, or not to be there at all. */
export async function hasNoMaterial(
  harness: ContractHarness,
  externalKeyId: string,
): Promise<void> {
  if (harness.hasNoKeysWithoutMaterial === true) {
    await rejectsWith(() => describedNow(harness, externalKeyId), 'key-not-found');
    return;
  }
  const { current, versions } = await describedNow(harness, externalKeyId);
  assert.equal(current, undefined);
  assert.equal(versions.size, 0);
}

/** Acts of an administration that change keys. */
type Act = 'createKey' | 'rotateKey' | 'setKeyEnabled' | 'destroyKey';

/** Passes where the administration has no such act. */
export function withAct<Name extends Act>(
  name: Name,
  run: (harness: ContractHarness, act: NonNullable<KeyAdministration[Name]>) => Promise<void>,
): ContractCase['run'] {
  return async (harness) => {
    const act = harness.administration?.[name];
    if (act !== undefined) await run(harness, act);
  };
}

/** Does an act that a backend may refuse as `unsupported`. @returns false where it does */
export async function isSupported(act: () => Promise<unknown>): Promise<boolean> {
  try {
    await act();
    return true;
  } catch (error) {
    if (error instanceof KeyManagerError && error.code === 'unsupported') return false;
    throw error;
  }
}

/** Expects a rejection with a KeyManagerError of one of these codes. */
export async function rejectsWith(
  work: () => MaybePromise<unknown>,
  ...codes: readonly KeyManagerErrorCode[]
): Promise<void> {
  await assert.rejects(
    async () => work(),
    (error) => {
      assertCode(error, ...codes);
      return true;
    },
  );
}

/** Expects an error to be a KeyManagerError of one of these codes. */
export function assertCode(error: unknown, ...codes: readonly KeyManagerErrorCode[]): void {
  assert(error instanceof KeyManagerError, `expected a KeyManagerError, found ${String(error)}`);
  assert(codes.includes(error.code), `expected ${codes.join(' or ')}, found ${error.code}`);
}
