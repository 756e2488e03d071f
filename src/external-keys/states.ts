import type { XksErrorName } from '../xks/errors.js';

/** The states of an external key, in KMS's words; Destroyed is ours. */
export const KEY_STATES = [
  'Creating',
  'PendingImport',
  'Enabled',
  'Disabled',
  'PendingDeletion',
  'Destroyed',
  'Unavailable',
] as const;

/** The state of an external key. */
export type KeyState = (typeof KEY_STATES)[number];

/** The acts of administrators that depend on the state of a key. */
export const KEY_ACTS = [
  'enable',
  'disable',
  'update',
  'adopt',
  'rotate',
  'import',
  'delete-imported-material',
  'retire-version',
  'schedule-deletion',
  'cancel-deletion',
  'take-alias',
] as const;

/** An act of an administrator that depends on the state of a key. */
export type KeyAct = (typeof KEY_ACTS)[number];

/** The answer of a state to an operation of KMS: it goes on, or the error. */
export type StateAnswer = 'allowed' | XksErrorName;

/** The operations of the XKS Proxy API on one key. */
export type KeyOperationName = 'GetKeyMetadata' | 'Encrypt' | 'Decrypt';

/** One state of a key, and what it allows. */
export interface StateRow {
  /** Its meaning, in one sentence. */
  readonly meaning: string;
  /** The sentence that KMS is told with an error. */
  readonly refusal: string;
  /** `keyStatus` of GetKeyMetadata, where that is answered. KMS takes an ENABLED key alone. */
  readonly keyStatus: 'ENABLED' | 'DISABLED';
  /** The answers to the operations on keys, by their names. */
  readonly operations: Readonly<Record<KeyOperationName, StateAnswer>>;
  /** The acts that it allows; any other is refused. */
  readonly acts: ReadonlySet<KeyAct>;
}

const REFUSED = 'InvalidStateException';

/**
 * The states of external keys: what decides everywhere, and what the documentation shows. Which
 * acts a state allows is KMS's rule where KMS has one.
 *
 * @see AWS KMS Developer Guide, "Key states of AWS KMS keys"
 * @see XKS Proxy API, section Error codes
 */
export const STATE_TABLE: Readonly<Record<KeyState, StateRow>> = {
  Creating: {
    meaning: 'Its key manager is making it.',
    refusal: 'The external key is being created.',
    keyStatus: 'DISABLED',
    operations: { GetKeyMetadata: 'allowed', Encrypt: REFUSED, Decrypt: REFUSED },
    acts: new Set(),
  },
  PendingImport: {
    meaning: 'It waits for key material: none was imported yet, it has expired, or was deleted.',
    refusal: 'The external key is pending import of its key material.',
    keyStatus: 'DISABLED',
    operations: { GetKeyMetadata: 'allowed', Encrypt: REFUSED, Decrypt: REFUSED },
    acts: new Set([
      'update',
      'import',
      'delete-imported-material',
      'schedule-deletion',
      'take-alias',
    ]),
  },
  Enabled: {
    meaning: 'It encrypts and decrypts.',
    refusal: 'The external key cannot be used.',
    keyStatus: 'ENABLED',
    operations: { GetKeyMetadata: 'allowed', Encrypt: 'allowed', Decrypt: 'allowed' },
    acts: new Set([
      'enable',
      'disable',
      'update',
      'adopt',
      'rotate',
      'import',
      'delete-imported-material',
      'retire-version',
      'schedule-deletion',
      'take-alias',
    ]),
  },
  Disabled: {
    meaning: 'An operator has disabled it, or its key manager has.',
    refusal: 'The external key is disabled.',
    keyStatus: 'DISABLED',
    operations: { GetKeyMetadata: 'allowed', Encrypt: REFUSED, Decrypt: REFUSED },
    acts: new Set([
      'enable',
      'disable',
      'update',
      'adopt',
      'import',
      'delete-imported-material',
      'retire-version',
      'schedule-deletion',
      'take-alias',
    ]),
  },
  PendingDeletion: {
    meaning: 'It is to be destroyed when its waiting period has passed.',
    refusal: 'The external key is pending deletion.',
    keyStatus: 'DISABLED',
    operations: { GetKeyMetadata: 'allowed', Encrypt: REFUSED, Decrypt: REFUSED },
    acts: new Set(['cancel-deletion']),
  },
  Destroyed: {
    meaning: 'Its material is destroyed, or is being destroyed. Its id is never used again.',
    refusal: 'The external key was not found.',
    keyStatus: 'DISABLED',
    operations: {
      GetKeyMetadata: 'KeyNotFoundException',
      Encrypt: 'KeyNotFoundException',
      Decrypt: 'KeyNotFoundException',
    },
    acts: new Set(),
  },
  Unavailable: {
    meaning: 'Its key manager cannot be reached, or its record cannot be read.',
    refusal: 'The external key is not available.',
    keyStatus: 'DISABLED',
    operations: {
      GetKeyMetadata: 'InternalException',
      Encrypt: 'InternalException',
      Decrypt: 'InternalException',
    },
    acts: new Set(),
  },
};

/**
 * The answer of a state to an operation.
 *
 * @param operation a name of the API; one that the table does not know is not allowed
 */
export function answerOf(state: KeyState, operation: string): StateAnswer {
  const { operations } = STATE_TABLE[state];
  return isKeyOperation(operation) ? operations[operation] : 'UnsupportedOperationException';
}

function isKeyOperation(name: string): name is KeyOperationName {
  return Object.hasOwn(STATE_TABLE.Enabled.operations, name);
}
