import { type KeyAdministration, KeyManagerError, type KeySummary } from '../backend.js';
import { explained } from './explanations.js';
import { type DiagnosisFinding, ok, skipped } from './finding.js';

/**
 * The threshold of the alert in docs/logs-and-metrics.md: type file makes a new version before
 * that.
 */
const FEW_ENCRYPTIONS = 30_000;
/** Of unusable keys in one finding; there may be thousands. */
const MAX_NAMED = 10;

/**
 * Lists the keys, as far as the key manager can.
 *
 * @param works whether the node has encrypted and decrypted, so that a refusal is of the listing
 *   alone
 */
export async function examineKeys(
  administration: KeyAdministration,
  works: boolean,
): Promise<readonly DiagnosisFinding[]> {
  if (administration.listKeys === undefined) {
    const none = 'this key manager lists no keys';
    return [skipped('keys', none), skipped('encryptions-left', none)];
  }
  try {
    const keys = await administration.listKeys();
    return [usabilityOf(keys), budgetOf(keys)];
  } catch (error) {
    if (works && error instanceof KeyManagerError && error.code === 'misconfigured') {
      // KMS asks for no list, and the least policy grants none.
      const denied = `the list is not granted (${error.message}); serving does not need it`;
      return [skipped('keys', denied), skipped('encryptions-left', 'the keys are not listed')];
    }
    const unlisted = explained('keys', 'warning', error);
    return [unlisted, skipped('encryptions-left', 'the keys cannot be listed')];
  }
}

function usabilityOf(keys: readonly KeySummary[]): DiagnosisFinding {
  if (keys.length === 0) return ok('keys', 'there are none');
  const unusable = keys.flatMap((key) => {
    const reason = whyUnusable(key);
    return reason === undefined ? [] : [`${key.description.externalKeyId} (${reason})`];
  });
  if (unusable.length === 0) return ok('keys', `${keys.length}, all of them usable`);
  const more = unusable.length - MAX_NAMED;
  const named = unusable.slice(0, MAX_NAMED).join(', ') + (more > 0 ? ` and ${more} more` : '');
  return {
    check: 'keys',
    outcome: 'warning',
    detail: `${keys.length}, of which ${unusable.length} cannot be used: ${named}`,
    meaning: 'KMS keys that rely on one of them fail with KMSInvalidStateException. Others work.',
    advice:
      'Restore a damaged key from a backup, enable one that is disabled, and leave those alone that ' +
      'Holdfast is not meant to use.',
  };
}

function whyUnusable({ description, problem }: KeySummary): string | undefined {
  if (problem !== undefined) return problem;
  if (!description.enabled) return 'disabled';
  return description.current === undefined ? 'no version' : undefined;
}

function budgetOf(keys: readonly KeySummary[]): DiagnosisFinding {
  const counted = keys.flatMap(({ description: { externalKeyId }, encryptionsLeft }) =>
    encryptionsLeft === undefined ? [] : [{ externalKeyId, encryptionsLeft }],
  );
  const [least] = counted.sort((a, b) => a.encryptionsLeft - b.encryptionsLeft);
  if (least === undefined) return skipped('encryptions-left', 'no key here is counted');
  const detail = `${least.encryptionsLeft.toLocaleString('en')} for ${least.externalKeyId}, the fewest`;
  if (least.encryptionsLeft >= FEW_ENCRYPTIONS) return ok('encryptions-left', detail);
  return {
    check: 'encryptions-left',
    outcome: 'warning',
    detail,
    meaning: 'When none is left, Encrypt fails unless the key gets new material. Decrypt goes on.',
    advice:
      'Type file makes new material by itself. In a token, make a new version of the key; see ' +
      'docs/key-managers-pkcs11.md.',
  };
}
