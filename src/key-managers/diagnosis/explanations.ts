import { KeyManagerError, type KeyManagerErrorCode } from '../backend.js';
import type { Check, Explanation, DiagnosisFinding } from './finding.js';
import { knownCause } from './known-causes.js';

const NODE_OUT =
  'Requests go to the other nodes. Where there is none they fail, and KMS callers see ' +
  'KMSInvalidStateException.';

/** The meaning of a failure of the test key for all other work of the node. */
const EXPLANATIONS: Readonly<Record<KeyManagerErrorCode, Explanation>> = {
  'key-not-found': {
    meaning: 'Health checks have nothing to test with. Keys that are there may work all the same.',
    advice:
      'Where other keys are missing too, this is the wrong folder, token or mount. Otherwise have ' +
      'the test key made: type file does so at every start, a single new token with --init, ' +
      'Transit where the policy lets Holdfast create keys.',
  },
  'version-not-found': {
    meaning: 'Ciphertexts of that version cannot be decrypted here.',
    advice: 'Bring the missing version back from a backup, or from a node that has it.',
  },
  'key-disabled': {
    meaning: 'The key encrypts and decrypts nothing until it is enabled again.',
    advice: 'Enable it in the key manager, or restore what is damaged from a backup.',
  },
  'usage-denied': {
    meaning: 'Requests with a key of this kind are refused.',
    advice: 'Grant the key both encryption and decryption.',
  },
  exhausted: {
    meaning:
      'Encrypt with the key fails, and KMS callers see KMSInvalidStateException. Decrypt works.',
    advice:
      'Make a new version of the key in the token, or a new key and move the KMS alias to it; see ' +
      'docs/key-managers-pkcs11.md.',
  },
  'invalid-ciphertext': {
    meaning:
      'The node does not open what it has made itself: it must not be trusted with data keys.',
    advice: 'Take the node out of the configuration and ask its vendor.',
  },
  rejected: {
    meaning: 'The node refuses what it has made itself: requests with its keys fail.',
    advice: 'Look into its own log for the reason.',
  },
  unreachable: {
    meaning: NODE_OUT,
    advice:
      'See that the server or token is there and in service, and that network and firewall let ' +
      'this machine through, and that the library of a token has its variables in `environment`. If ' +
      'the message speaks of a PIN, correct it before you try again: tokens lock after a few wrong ' +
      'ones.',
  },
  misconfigured: {
    meaning: NODE_OUT,
    advice:
      'Waiting does not help. Compare address, certificates, login, policy, mount path, token and ' +
      'PIN with what the message says, and correct the PIN before you try again.',
  },
  overloaded: {
    meaning: 'KMS is told ThrottlingException, and its callers see KMSInvalidStateException.',
    advice: 'Find out who else uses the key manager, raise its quota, or add nodes.',
  },
  deadline: {
    meaning: `${NODE_OUT} Until the node is left alone, each waits for it in vain first.`,
    advice: 'See whether the node hangs, and what lies between it and this machine.',
  },
  unsupported: {
    meaning: 'The key cannot be used with XKS, which needs AES-256-GCM.',
    advice: 'Make a key of the kind that docs/key-managers.md asks for.',
  },
  conflict: {
    meaning: 'The material has been replaced meanwhile.',
    advice: 'Run this again.',
  },
  corrupt: {
    meaning: 'What is stored cannot be trusted, and is left as it is.',
    advice: 'Keep a copy of it for examination, and restore the backup.',
  },
  internal: {
    meaning: NODE_OUT,
    advice:
      'Look into the log of the server and of the key manager. If it is none of disk, network and ' +
      'vendor, it is a defect: please report it.',
  },
};

/** A check that ended in an error. */
export function explained(
  check: Check,
  outcome: 'warning' | 'failed',
  error: unknown,
): DiagnosisFinding {
  const code = error instanceof KeyManagerError ? error.code : 'internal';
  const detail = messageOf(error);
  return { check, outcome, detail, code, ...(knownCause(detail) ?? EXPLANATIONS[code]) };
}

/** The message with those of its causes, without stacks. */
export function messageOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return error.cause instanceof Error
    ? `${error.message}: ${messageOf(error.cause)}`
    : error.message;
}
