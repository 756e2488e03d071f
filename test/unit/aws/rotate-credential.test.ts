import { describe, expect, it } from 'vitest';
import { rotateCredential, type UseSince } from '../../../src/aws/acts/rotate-credential.js';
import { listKeyStores } from '../../../src/aws/key-store.js';
import { Secret } from '../../../src/shared/secret.js';
import { keyStoreNamed, startScriptedKms } from '../../support/scripted-kms.js';

const TO = { uriPath: '/kms/xks/v1', accessKeyId: 'NEW', secretAccessKey: new Secret('s') };

/** A change from credential A to NEW. @param useSince the proxy's own record */
async function changed(
  useSince: UseSince,
  timing: { readonly quietMs: number; readonly timeoutMs: number },
  change: {
    readonly accessKeyId?: string;
    readonly former?: readonly string[];
    readonly force?: boolean;
  } = {},
) {
  const { accessKeyId = 'NEW', former = [], force = false } = change;
  const { kms, calls } = await startScriptedKms((operation) =>
    operation === 'UpdateCustomKeyStore' ? {} : { CustomKeyStores: [keyStoreNamed('payroll')] },
  );
  const [store] = await listKeyStores(kms);
  if (store === undefined) throw new Error('there is one');
  const told: string[] = [];
  const watch = { useSince, timing: { ...timing, pollMs: 1 } };
  const to = { ...TO, accessKeyId };
  const outcome = await rotateCredential(kms, { store, to, former, force }, watch, (step) =>
    told.push(step),
  ).then(
    () => 'done',
    (error: unknown) => `${(error as Error).name}: ${(error as Error).message}`,
  );
  return { outcome, told: told.join('\n'), updates: calls.slice(1) };
}

function uses(counts: Readonly<Record<string, number>>, firstAt = Date.now()): UseSince {
  const all = Object.entries(counts).map(([id, requests]) => [id, { requests, firstAt }] as const);
  return () => Promise.resolve(new Map(all));
}

describe('a change of the credential', () => {
  it('the old one is unused, and the time is as long as what has to be quiet → verified', async () => {
    const { outcome, told, updates } = await changed(uses({ NEW: 7 }), {
      quietMs: 20,
      timeoutMs: 20,
    });
    expect(outcome).toBe('done');
    expect(told).toMatch(
      /KMS has NEW now, in place of A\.\nWaiting until nothing was signed with A for 0\.02 s: until \d{4}-\S+Z at the earliest\. It is safe to interrupt[\s\S]*VERIFIED: 7 requests/,
    );
    expect(updates).toMatchObject([
      {
        operation: 'UpdateCustomKeyStore',
        input: {
          CustomKeyStoreId: 'cks-payroll',
          XksProxyAuthenticationCredential: { AccessKeyId: 'NEW', RawSecretAccessKey: 's' },
        },
      },
    ]);
  });

  it('the old one is used until the end → said which, and how to go on', async () => {
    const { outcome } = await changed(uses({ A: 1, NEW: 7 }), { quietMs: 5, timeoutMs: 10 });
    expect(outcome).toMatch(/^StillInUseError: .*signed with A\..*--to NEW\.$/);
  });

  it('the old one is used at first, and then no more → done, after as many looks as that takes', async () => {
    let looks = 0;
    const useSince: UseSince = (since) => {
      looks += 1;
      return uses({ [looks < 4 ? 'A' : 'NEW']: 1 })(since);
    };
    const { outcome, told } = await changed(useSince, { quietMs: 1, timeoutMs: 60_000 });
    expect({ outcome, looks }).toMatchObject({ outcome: 'done' });
    expect(looks).toBeGreaterThanOrEqual(4);
    expect(told).toContain('VERIFIED: 1 request was signed');
  });

  it('the old one is used after its time → said once, with the end of the patience', async () => {
    const { told } = await changed(uses({ A: 1, NEW: 7 }), { quietMs: 5, timeoutMs: 60 });
    expect(told.match(/Requests were signed with A meanwhile/g)).toHaveLength(1);
    expect(told).toMatch(/none was for 0\.005 s, and until \d{4}-\S+Z at most\./);
  });

  it('force, and the old one is used → waits for the quiet time, and goes on all the same', async () => {
    const began = performance.now();
    const { outcome, told } = await changed(
      uses({ A: 1, NEW: 7 }),
      { quietMs: 50, timeoutMs: 60_000 },
      { force: true },
    );
    const tookMs = performance.now() - began;
    expect(outcome).toBe('done');
    expect(told).toContain('Requests are still signed with A. It goes all the same.');
    expect(told).not.toContain('Nothing was signed');
    expect(tookMs).toBeGreaterThanOrEqual(49);
    expect(tookMs).toBeLessThan(30_000);
  });

  it('repeated when KMS has had it for the whole quiet time → waits no more', async () => {
    const { outcome, told } = await changed(
      uses({ A: 7 }, Date.now() - 700_000),
      { quietMs: 600_000, timeoutMs: 600_000 },
      { accessKeyId: 'A', former: ['OLD'] },
    );
    expect(outcome).toBe('done');
    expect(told).toContain('VERIFIED: 7 requests');
  });

  it('repeated when KMS has had it for a part of the time → waits for the rest', async () => {
    const began = performance.now();
    const firstAt = Date.now() - 60_000;
    const timing = { quietMs: 60_100, timeoutMs: 600_000 };
    const change = { accessKeyId: 'A', former: ['OLD'] };
    const { outcome } = await changed(uses({ A: 7 }, firstAt), timing, change);
    const tookMs = performance.now() - began;
    expect(outcome).toBe('done');
    expect(tookMs).toBeGreaterThanOrEqual(50);
    expect(tookMs).toBeLessThan(30_000);
  });

  it('given to KMS anew, and used a while ago → waits for the whole time', async () => {
    const began = performance.now();
    const earlier = uses({ NEW: 7 }, Date.now() - 60_000);
    await changed(earlier, { quietMs: 50, timeoutMs: 60_000 });
    expect(performance.now() - began).toBeGreaterThanOrEqual(49);
  });

  it('no request at all → not called verified under traffic', async () => {
    const { told } = await changed(uses({}), { quietMs: 1, timeoutMs: 60_000 });
    expect(told).toContain('NOT VERIFIED under traffic');
  });

  it('KMS has it already, and the credential before is used → KMS is told nothing, and it is said which', async () => {
    const { outcome, told, updates } = await changed(
      uses({ OLD: 1 }),
      { quietMs: 5, timeoutMs: 10 },
      { accessKeyId: 'A', former: ['OLD'] },
    );
    expect(told).toContain('KMS has A already.');
    expect(updates).toEqual([]);
    expect(outcome).toMatch(/signed with OLD\./);
  });

  it('the record cannot be read → its error, and not a verdict', async () => {
    const broken: UseSince = () => Promise.reject(new Error('cannot be searched'));
    const { outcome, told } = await changed(broken, { quietMs: 1, timeoutMs: 1 });
    expect(outcome).toBe('Error: cannot be searched');
    expect(told).not.toContain('VERIFIED');
  });
});
