import { readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it, vi } from 'vitest';
import { writeFileAtomically } from '../../../../src/durable/atomic-write.js';
import type { KeyRef, Sealed } from '../../../../src/key-managers/backend.js';
import type { PlacedKeys } from '../../../../src/key-managers/sealed/keys/placed-keys.js';
import { renewalTime } from '../../../../src/key-managers/sealed/state/create.js';
import { LEASE_MS } from '../../../../src/state/store.js';
import { StateError } from '../../../../src/state/errors.js';
import { canaries } from '../../../support/canaries.js';
import { currentRef, longDeadline, makeKeyFolder, refusalOf } from '../../../support/key-folder.js';
import { MemoryState, MemoryStateStore } from '../../../support/memory-state-store.js';
import { sealedReplica } from '../../../support/sealed-keys.js';

const BOTH = new Set(['ENCRYPT', 'DECRYPT'] as const);
const AAD = Buffer.alloc(0);
const IDS = Array.from({ length: 40 }, (_, n) => `key-${n}`);
/** The most that are renewed at once. */
const AT_ONCE = 4;

/** One ciphertext under the first version of each key. */
type Samples = ReadonlyMap<string, { readonly ref: KeyRef; readonly sealed: Sealed }>;

async function makeKeys(keys: PlacedKeys): Promise<Samples> {
  const samples = new Map<string, { ref: KeyRef; sealed: Sealed }>();
  for (const id of IDS) {
    await keys.administration.createKey(id, BOTH);
    const ref = await currentRef(keys, id);
    samples.set(id, { ref, sealed: await encrypt(keys, ref) });
  }
  return samples;
}

function idOf({ id }: { readonly id: string }): string {
  return id.replace('sealed/', '');
}

async function encrypt({ node }: PlacedKeys, ref: KeyRef): Promise<Sealed> {
  return node.encrypt(ref, canaries.plaintext, AAD, longDeadline());
}

/** Encrypts as a request does: where a new version has taken over meanwhile, under that one. */
async function encryptAsAsked(keys: PlacedKeys, externalKeyId: string): Promise<number> {
  const old = await currentRef(keys, externalKeyId);
  if ((await refusalOf(encrypt(keys, old))) === undefined) return old.version.version;
  const ref = await currentRef(keys, externalKeyId);
  await encrypt(keys, ref);
  return ref.version.version;
}

async function versions(keys: PlacedKeys): Promise<readonly number[]> {
  const refs = await Promise.all(IDS.map((id) => currentRef(keys, id)));
  return refs.map(({ version }) => version.version);
}

async function expectAllToOpen({ node }: PlacedKeys, samples: Samples): Promise<void> {
  for (const { ref, sealed } of samples.values()) {
    expect(await node.decrypt(ref, sealed, AAD, longDeadline())).toEqual(canaries.plaintext);
  }
}

/** Holds works back until they are let go, by name. */
class Holder {
  readonly held = new Map<string, () => void>();
  #isOpen = false;

  async hold<T>(name: string, work: () => Promise<T>): Promise<T> {
    if (!this.#isOpen) await new Promise<void>((resolve) => this.held.set(name, resolve));
    this.held.delete(name);
    return work();
  }

  letGo(name: string): void {
    this.held.get(name)?.();
  }

  open(): void {
    this.#isOpen = true;
    for (const letGo of this.held.values()) letGo();
  }
}

/** A state in which nobody knows a count, and a way to it that holds the writing of keys back. */
async function uncountedState() {
  const memory = new MemoryState();
  const first = await sealedReplica(memory);
  const samples = await makeKeys(first);
  await first.close();
  memory.counters.clear();
  const store = new MemoryStateStore(memory);
  const put = store.put.bind(store);
  const holder = new Holder();
  const puts = vi.spyOn(store, 'put').mockImplementation((change) => {
    return holder.hold(idOf(change), () => put(change));
  });
  return { memory, samples, store, put, puts, holder };
}

describe('a start where many counts are unknown, in a shared state', () => {
  it('longer than a start may take → serves: decrypts at once, and Encrypt does not queue', async () => {
    const { samples, store, puts, holder } = await uncountedState();
    const here = await sealedReplica(new MemoryState(), { store, renewalMs: 0 });
    await expectAllToOpen(here, samples);
    await expect.poll(() => holder.held.size).toBe(AT_ONCE);
    const asked = IDS.find((id) => !holder.held.has(id)) ?? '';
    const encrypted = encryptAsAsked(here, asked);
    await expect.poll(() => holder.held.has(asked)).toBe(true);
    expect(puts).toHaveBeenCalledTimes(AT_ONCE + 1);
    holder.letGo(asked);
    expect(await encrypted).toBe(2);
    holder.open();
    await expect.poll(() => versions(here)).toEqual(IDS.map(() => 2));
  });

  it('within that time → every key has its new version when it serves', async () => {
    const { store, holder } = await uncountedState();
    holder.open();
    const here = await sealedReplica(new MemoryState(), { store, renewalMs: 60_000 });
    expect(await versions(here)).toEqual(IDS.map(() => 2));
  });

  it('while another replica has a lease → waits for as long as that lasts, and for new versions', async () => {
    const memory = new MemoryState();
    const alone = await sealedReplica(memory);
    expect(renewalTime(alone.state)).toBeUndefined();
    const other = await sealedReplica(memory);
    expect(renewalTime(other.state)).toBeGreaterThan(LEASE_MS);
  });

  it('and another replica renews some of them → every key has a block when it serves', async () => {
    const { memory, store, put, puts } = await uncountedState();
    const other = await sealedReplica(memory);
    puts.mockImplementation(async (change) => {
      // The other one is faster with some.
      if (change.id.endsWith('5')) await other.administration.rotateKey(idOf(change), 1);
      return put(change);
    });
    memory.counters.clear();
    const here = await sealedReplica(memory, { store, renewalMs: 60_000 });
    for (const id of IDS) {
      const key = here.ring.find(id);
      expect(key?.encryptingVersions.every(({ budget }) => budget.reserved > 0)).toBe(true);
    }
  });

  it('and one document that cannot be written → the others have their new versions', async () => {
    const { store, put, puts } = await uncountedState();
    puts.mockImplementation((change) => {
      if (!change.id.endsWith('/key-7')) return put(change);
      return Promise.reject(new StateError('damaged', 'it is left as it is'));
    });
    const here = await sealedReplica(new MemoryState(), { store, renewalMs: 60_000 });
    expect(await versions(here)).toEqual(IDS.map((id) => (id === 'key-7' ? 1 : 2)));
    expect(await here.node.checkHealth(longDeadline())).toMatchObject({
      status: 'DEGRADED',
      detail: expect.stringMatching(/cannot be counted[^;]*: key-7(;|$)/),
    });
  });

  it('and stopped meanwhile → renews no more', async () => {
    const { store, puts, holder } = await uncountedState();
    const here = await sealedReplica(new MemoryState(), { store, renewalMs: 0 });
    await expect.poll(() => holder.held.size).toBe(AT_ONCE);
    const closed = here.close();
    holder.open();
    await closed;
    expect(puts).toHaveBeenCalledTimes(AT_ONCE);
  });
});

describe('a start where many counts are unknown, in a folder', () => {
  it('longer than a start may take → serves: decrypts at once, and Encrypt does not queue', async () => {
    const folder = await makeKeyFolder();
    const first = await folder.open({ init: true });
    const samples = await makeKeys(first);
    await first.node.close();
    const counters = join(folder.directory, 'counters');
    for (const name of await readdir(counters)) await rm(join(counters, name));
    const holder = new Holder();
    const here = await folder.open({
      renewalMs: 0,
      writeFile: (path, contents) => {
        if (path.includes('counters')) return writeFileAtomically(path, contents);
        return holder.hold(path, () => writeFileAtomically(path, contents));
      },
    });
    await expectAllToOpen(here, samples);
    await expect.poll(() => holder.held.size).toBe(AT_ONCE);
    const asked = IDS.find((id) => !holder.held.has(folder.documentPath(id))) ?? '';
    const encrypted = encryptAsAsked(here, asked);
    await expect.poll(() => holder.held.has(folder.documentPath(asked))).toBe(true);
    holder.letGo(folder.documentPath(asked));
    expect(await encrypted).toBe(2);
    holder.open();
    await expect.poll(() => versions(here)).toEqual(IDS.map(() => 2));
  });
});
