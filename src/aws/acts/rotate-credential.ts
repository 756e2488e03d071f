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

/** The use of a credential since a time. */
export interface Use {
  /** Requests that were signed with it, or 1 where nobody has counted them. */
  readonly requests: number;
  /** The first of them that is known, in ms since 1970. */
  readonly firstAt: number;
}

/** Tells which credentials of a key store have signed since a time, by access key id. */
export type UseSince = (since: Date) => Promise<ReadonlyMap<string, Use>>;

/** A change of the credential that KMS signs with. */
export interface CredentialChange {
  readonly store: CustomKeyStore;
  readonly to: ProxyConfiguration;
  /** Credentials that have to be out of use, beside the one that KMS has. */
  readonly former: readonly string[];
  /** True where the quiet time is waited for, and no longer, whoever still signs with them. */
  readonly force: boolean;
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
  const { store, to, former, force } = change;
  const { useSince, timing } = watch;
  const { quietMs } = timing;
  const old = store.XksProxyConfiguration?.AccessKeyId ?? '';
  const isRepeated = old === to.accessKeyId;
  if (isRepeated) tell(`KMS has ${to.accessKeyId} already.`);
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
  const unused = [old, ...former].filter((id) => id !== to.accessKeyId);
  const hadForMs = isRepeated ? await usedForMs(to.accessKeyId, useSince, quietMs) : 0;
  const begunAt = Date.now() - hadForMs;
  tell(waitingText(unused, begunAt + quietMs, quietMs));
  const ids = { used: to.accessKeyId, unused: new Set(unused) };
  const count = await untilQuiet(ids, { ...watch, begunAt, force }, tell);
  tell(
    count > 0
      ? `VERIFIED: ${counted(count, 'request was', 'requests were')} signed with ${to.accessKeyId} in the last ${seconds(quietMs)}.`
      : `NOT VERIFIED under traffic: no request came in the last ${seconds(quietMs)}.`,
  );
  return { unused, isVerified: count > 0 };
}

/** @returns for how long KMS is known to sign with a credential, in ms, at most the quiet time */
async function usedForMs(id: string, useSince: UseSince, quietMs: number): Promise<number> {
  const now = Date.now();
  // Twice as long: at the far end of the quiet time itself, the first use looks like any other.
  const first = (await useSince(new Date(now - 2 * quietMs))).get(id)?.firstAt ?? now;
  return Math.min(quietMs, Math.max(0, now - first));
}

/** The sentence before a wait, which would look as if nothing went on. */
function waitingText(unused: readonly string[], earliest: number, quietMs: number): string {
  return (
    `Waiting until nothing was signed with ${unused.join(', ')} ${period(quietMs)}: ` +
    `until ${utcSecond(earliest)} at the earliest. ${SAFE_TO_INTERRUPT}`
  );
}

function period(quietMs: number): string {
  return `for ${seconds(quietMs)}`;
}

function seconds(ms: number): string {
  return `${String(ms / 1000)} s`;
}

/** The terms of a wait. */
interface Wait {
  readonly useSince: UseSince;
  readonly timing: ChangeTiming;
  /** The moment since when KMS has had the new credential, in ms since 1970. */
  readonly begunAt: number;
  readonly force: boolean;
}

/**
 * @returns how many requests were signed with the new credential in the quiet time
 * @throws StillInUseError
 */
async function untilQuiet(
  { used, unused }: { readonly used: string; readonly unused: ReadonlySet<string> },
  { useSince, timing: { quietMs, timeoutMs, pollMs }, begunAt, force }: Wait,
  tell: (step: string) => void,
): Promise<number> {
  const begun = performance.now() - (Date.now() - begunAt);
  const givesUpAt = performance.now() + Math.max(timeoutMs, quietMs);
  let isToldOfUse = false;
  for (;;) {
    const now = performance.now();
    const uses = await useSince(new Date(Date.now() - quietMs));
    const others = [...uses.keys()].filter((id) => unused.has(id)).join(', ');
    if (now - begun >= quietMs) {
      const requests = uses.get(used)?.requests ?? 0;
      if (others === '') {
        tell(`Nothing was signed with ${[...unused].join(', ')} ${period(quietMs)}.`);
        return requests;
      }
      if (force) {
        tell(`Requests are still signed with ${others}. It goes all the same.`);
        return requests;
      }
      if (now >= givesUpAt) {
        throw new StillInUseError(
          `Requests are still signed with ${others}. Keep that credential, and repeat this command with --to ${used}.`,
        );
      }
      if (!isToldOfUse) {
        const until = utcSecond(Date.now() + givesUpAt - now);
        tell(
          `Requests were signed with ${others} meanwhile. Waiting until none was ${period(quietMs)}, and until ${until} at most.`,
        );
        isToldOfUse = true;
      }
    }
    await sleep(pollMs);
  }
}
