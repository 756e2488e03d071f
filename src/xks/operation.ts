import type { CiphertextFormats } from './ciphertext-formats/index.js';
import type { KeyUsage, KeyVersion } from '../shared/key-material.js';
import type { OperatedKey } from './operated-key.js';

/** One external key manager, as GetHealthStatus lists it. */
export interface FleetMember {
  readonly id: string;
  readonly model: string;
  readonly healthStatus: 'ACTIVE' | 'DEGRADED' | 'UNAVAILABLE';
}

/** The proxy and its key manager, as GetHealthStatus describes them. */
export interface Fleet {
  readonly proxyFleetSize: number;
  readonly proxyModel: string;
  readonly keyManagerVendor: string;
  /** At least one. */
  readonly members: readonly FleetMember[];
}

/** The part of a request that an audit wants to know, beside its path and its metadata. */
export interface Audited {
  /** Additional authenticated data as it was sent. */
  readonly aad?: Buffer | undefined;
  /** The ciphertext to decrypt. */
  readonly ciphertext?: Buffer | undefined;
}

/** The fields of base64 that {@link Audited} is made of, by their names in the body. */
export type HashedFields = Readonly<Partial<Record<keyof Audited, string>>>;

/** A request on one external key whose body has been checked. */
export interface KeyRequest extends Audited {
  /** The material that a ciphertext names as its own; absent where none is named. */
  readonly namedMaterial?: KeyVersion | undefined;
  /** Usages that the key must have for this request. */
  readonly requiredUsage: readonly KeyUsage[];
  /**
   * @returns the answer's body
   * @throws XksError, or whatever the key's material throws
   */
  execute(key: OperatedKey, formats: CiphertextFormats): Promise<object>;
}

/** The name of an operation on one external key. */
export type KeyOperationName = 'GetKeyMetadata' | 'Encrypt' | 'Decrypt';

/** An operation on one external key. */
export interface KeyOperation {
  readonly name: KeyOperationName;
  /** Last segment of the path, after the external key id. */
  readonly pathSuffix: string;
  /** True when a disabled key may be used. */
  readonly onDisabledKey: boolean;
  /** True when quotas limit it, and overload may refuse it. */
  readonly isLimited: boolean;
  /** Fields that an audit reads of a body that is refused. */
  readonly hashedFields: HashedFields;
  /**
   * @param json the decoded body
   * @throws XksError ValidationException
   */
  parse(json: unknown): KeyRequest;
}

/** A request that is about the key store as a whole. */
export interface HealthRequest extends Audited {
  /** @returns the answer's body */
  answer(fleet: Fleet): object;
}

/** The operation that is about no key. */
export interface HealthOperation {
  readonly name: string;
  /** The path after the prefix of the key store. */
  readonly pathSuffix: string;
  /** Fields that an audit reads of a body that is refused. */
  readonly hashedFields: HashedFields;
  /**
   * @param json the decoded body
   * @throws XksError ValidationException
   */
  parse(json: unknown): HealthRequest;
}
