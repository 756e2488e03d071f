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
  change: { readonly accessKeyId?: string; readonly former?: readonly string[] } = {},
) {
  const { accessKeyId = 'NEW', former = [] } = change;
  const { kms, calls } = await startScriptedKms((operation) =>
    operation === 'UpdateCustomKeyStore' ? {} : { CustomKeyStores: [keyStoreNamed('payroll')] },
  );
  const [store] = await listKeyStores(kms);
  if (store === undefined) throw new Error('there is one');
  const told: string[] = [];
  const watch = { useSince, timing: { ...timing, pollMs: 1 } };
  const to = { ...TO, accessKeyId };
  const outcome = await rotateCredential(kms, { store, to, former }, watch, (step) =>
    told.push(step),
  ).then(
    () => 'done',
    (error: unknown) => `${(error as Error).name}: ${(error as Error).message}`,
  );
  return { outcome, told: told.join('\n'), updates: calls.slice(1) };
}

function uses(counts: Readonly<Record<string, number>>): UseSince {
  return () => Promise.resolve(new Map(Object.entries(counts)));
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
    const useSince: UseSince = () => {
      looks += 1;
      return Promise.resolve(new Map([[looks < 4 ? 'A' : 'NEW', 1]]));
    };
    const { outcome, told } = await changed(useSince, { quietMs: 1, timeoutMs: 60_000 });
    expect({ outcome, looks }).toMatchObject({ outcome: 'done' });
    expect(looks).toBeGreaterThanOrEqual(4);
    expect(told).toContain('VERIFIED: 1 request was signed');
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
