import type { Block } from '../../authorization/blocks/block.js';
import { STATE_TABLE } from '../../external-keys/states.js';
import { accountIn } from '../../shared/arn.js';
import { XksError } from '../../xks/errors.js';
import type { AuthorizationFacts, MetadataFacts } from '../facts.js';
import { quotaExceeded } from '../throttled.js';
import type { AskedFor } from './find-key.js';

/** The part of a request that can be blocked. */
type Blockable = Pick<
  AskedFor,
  'blocks' | 'operation' | 'keyStore' | 'principal' | 'externalKeyId'
>;

/** A request as it is admitted. */
type Admissible = Blockable & Pick<AskedFor, 'account' | 'counted'>;

/** Counts for all callers of whom KMS tells no account. */
const NO_ACCOUNT = 'without an account';

/** The record's word on a request that a block refuses, whatever had allowed it before. */
export const DENIED_BY_BLOCK: AuthorizationFacts = { decision: 'denied', by: 'block' };

const MESSAGES = {
  AccessDeniedException: 'The caller is not allowed to use the external key.',
  InvalidStateException: STATE_TABLE.Disabled.refusal,
} as const;

/** A request that a block refuses. */
export class BlockedError extends XksError {
  constructor(errorName: keyof typeof MESSAGES, block: Block) {
    super(errorName, MESSAGES[errorName], { reason: reasonOf(block) });
  }
}

/**
 * Keeps out what is blocked before its key is looked up: a principal, a key store, or the id that
 * was asked for. Then what exceeds the quota of its account.
 *
 * @throws BlockedError or ThrottledError
 */
export function admit(asked: Admissible): void {
  assertUnblocked(asked);
  const exceeded = asked.counted?.ofAccount(asked.account);
  if (exceeded !== undefined) throw quotaExceeded(exceeded);
}

/**
 * The account that a request counts for: the principal's, else that of the KMS key, as for AWS
 * services that act in their own name.
 */
export function accountOf({ awsPrincipalArn, kmsKeyArn }: MetadataFacts): string {
  return accountIn(awsPrincipalArn) ?? accountIn(kmsKeyArn) ?? NO_ACCOUNT;
}

/**
 * Refuses a request of a blocked principal, and the use of a key that is blocked or in a key store
 * that is. GetKeyMetadata goes on: it says that the key is disabled.
 *
 * @param targetKeyId the key that an alias points to
 * @returns the block that makes the key disabled, where there is one
 * @throws BlockedError AccessDeniedException or InvalidStateException
 */
export function assertUnblocked(asked: Blockable, targetKeyId?: string): Block | undefined {
  const { blocks, operation, principal } = asked;
  if (blocks.isEmpty) return undefined;
  const ofPrincipal = principal === undefined ? undefined : blocks.ofPrincipal(principal);
  if (ofPrincipal !== undefined) throw new BlockedError('AccessDeniedException', ofPrincipal);
  const block = blockOfKey(asked, targetKeyId);
  if (block === undefined || operation.onDisabledKey) return block;
  throw new BlockedError('InvalidStateException', block);
}

function blockOfKey(
  { blocks, keyStore: { name, keyManager }, externalKeyId }: Blockable,
  targetKeyId: string | undefined,
): Block | undefined {
  return (
    blocks.ofKeyStore(name) ??
    blocks.ofKey(keyManager.name, externalKeyId) ??
    (targetKeyId === undefined ? undefined : blocks.ofKey(keyManager.name, targetKeyId))
  );
}

function reasonOf({ subject: { kind }, by, at, reason }: Block): string {
  const what = kind === 'key-store' ? 'key store' : kind;
  return `the ${what} is blocked by ${by} since ${at}: ${reason}`;
}
