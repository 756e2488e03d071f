import { appendFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { keepPolicySet, KeptSetError, readKeptSet } from '../../../src/authorization/kept-sets.js';
import { policySetHash } from '../../../src/authorization/policy-source.js';
import { policySource } from '../../support/policies.js';
import { temporaryFolder } from '../../support/temporary-folder.js';

const PERMIT = 'permit(principal, action, resource);';
const SOURCE = policySource(PERMIT, { payroll: PERMIT });

describe('a set of policies that was in force', () => {
  it('is read again by its hash, and kept once', async () => {
    const folder = temporaryFolder();
    await keepPolicySet(folder, SOURCE);
    await keepPolicySet(folder, SOURCE);
    const kept = await readKeptSet(folder, policySetHash(SOURCE));
    expect(kept && policySetHash(kept)).toBe(policySetHash(SOURCE));
    expect(kept?.keys[0]?.files[0]?.text).toBe(PERMIT);
    expect(readdirSync(join(folder, 'policy-sets'))).toHaveLength(1);
  });

  it('has another hash for another text, key or time zone, and none for another folder', () => {
    const moved = { ...SOURCE, files: SOURCE.files.map((file) => ({ ...file, path: '/else' })) };
    const others = [
      policySource(`${PERMIT} `, { payroll: PERMIT }),
      { ...SOURCE, timeZone: 'UTC' },
    ];
    expect(policySetHash(moved)).toBe(policySetHash(SOURCE));
    for (const other of [...others, policySource(PERMIT, { hr: PERMIT })]) {
      expect(policySetHash(other)).not.toBe(policySetHash(SOURCE));
    }
  });

  it('is not there → undefined; was changed → an error', async () => {
    const folder = temporaryFolder();
    const hash = policySetHash(SOURCE);
    expect(await readKeptSet(folder, hash)).toBeUndefined();
    await keepPolicySet(folder, SOURCE);
    appendFileSync(join(folder, 'policy-sets', `${hash}.json`), ' ');
    await expect(readKeptSet(folder, hash)).rejects.toThrow(KeptSetError);
    await expect(readKeptSet(folder, '../../etc/passwd')).rejects.toThrow(KeptSetError);
  });
});
