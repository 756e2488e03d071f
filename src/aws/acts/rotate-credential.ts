import { setTimeout as sleep } from 'node:timers/promises';
import { z } from 'zod';
import { counted } from '../../shared/counted.js';
import { utcSecond } from '../../shared/iso-time.js';
import {
  authenticationCredential,
  type CustomKeyStore,
  type ProxyConfiguration,
} from '../key-store.js';
import type { KmsClient } from '../kms-client.js';

/** Counts the requests of a key store that its proxy has let in since a time, by access key id. */
export type UseSince = (since: Date) => Promise<ReadonlyMap<string, number>>;

/** A change of the credential that KMS signs with. */
export interface CredentialChange {
  readonly store: CustomKeyStore;
  readonly to: ProxyConfiguration;
  /** Credentials that have to be out of use, beside the one that KMS has. */
  readonly former: readonly string[];
}

/** The outcome of a change of the credential. */
export interface ChangeOutcome {
  /** The credentials that are out of use. */
  readonly unused: readonly string[];
  /** True where requests were signed with the new one. */
  readonly isVerified: boolean;
}

/** Times of a change of the credential. */
export interface ChangeTiming {
  /** The old credential counts as out of use when nothing was signed with it for so long. */
  readonly quietMs: number;
  readonly timeoutMs: number;
  readonly pollMs: number;
}

/** A sentence that is true of every step of a change. */
export const SAFE_TO_INTERRUPT =
  'It is safe to interrupt this: the same command goes on from here.';

/** KMS did not change over in time, so the old credential must stay. */
export class StillInUseError extends Error {
  override readonly name = 'StillInUseError';
}

/**
 * Lets KMS sign with another credential of the proxy, and waits until no request is signed with the
 * old one any more: steps two and three of four. The first is that the proxy knows both, and the
 * last that it forgets the old one. It can be interrupted at any moment and repeated.
 *
 * @param useSince reads the proxy's own record
 * @param tell is told of each step that was done
 * @throws KmsError, StillInUseError
 * @see XKS Proxy API, "Rotation of authentication credentials"
 */
export async function rotateCredential(
  kms: KmsClient,
  change: CredentialChange,
  watch: { readonly useSince: UseSince; readonly timing: ChangeTiming },
  tell: (step: string) => void,
): Promise<ChangeOutcome> {
  const { store, to, former } = change;
  const old = store.XksProxyConfiguration?.AccessKeyId ?? '';
  if (old === to.accessKeyId) tell(`KMS has ${to.accessKeyId} already.`);
  else {
    await kms.call(
      'UpdateCustomKeyStore',
      {
        CustomKeyStoreId: store.CustomKeyStoreId,
        XksProxyAuthenticationCredential: authenticationCredential(to),
      },
      z.looseObject({}),
    );
    tell(`KMS has ${to.accessKeyId} now, in place of ${old}.`);
  }
  const unused = new Set([old, ...former].filter((id) => id !== to.accessKeyId));
  const ids = { used: to.accessKeyId, unused };
  tell(waitingText([...unused], watch.timing.quietMs));
  const count = await untilQuiet(ids, watch.useSince, watch.timing);
  const period = `for ${String(watch.timing.quietMs / 1000)} s`;
  tell(`Nothing was signed with ${[...unused].join(', ')} ${period}.`);
  tell(
    count > 0
      ? `VERIFIED: ${counted(count, 'request was', 'requests were')} signed with ${to.accessKeyId} ${period}.`
      : `NOT VERIFIED under traffic: no request came ${period}.`,
  );
  return { unused: [...unused], isVerified: count > 0 };
}

/** The sentence before a wait, which would look as if nothing went on. */
function waitingText(unused: readonly string[], quietMs: number): string {
  const earliest = utcSecond(Date.now() + quietMs);
  return (
    `Waiting until nothing was signed with ${unused.join(', ')} for ${String(quietMs / 1000)} s: ` +
    `until ${earliest} at the earliest. ${SAFE_TO_INTERRUPT}`
  );
}

/** @returns how many requests were signed with the new credential in the quiet time */
async function untilQuiet(
  { used, unused }: { readonly used: string; readonly unused: ReadonlySet<string> },
  useSince: UseSince,
  { quietMs, timeoutMs, pollMs }: ChangeTiming,
): Promise<number> {
  const begun = performance.now();
  for (;;) {
    const passedMs = performance.now() - begun;
    const counts = await useSince(new Date(Date.now() - quietMs));
    const others = [...counts.keys()].filter((id) => unused.has(id));
    if (others.length === 0 && passedMs >= quietMs) return counts.get(used) ?? 0;
    if (passedMs >= Math.max(timeoutMs, quietMs)) {
      throw new StillInUseError(
        `Requests are still signed with ${others.join(', ')}. Keep that credential, and repeat this command with --to ${used}.`,
      );
    }
    await sleep(pollMs);
  }
}
