import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { HEALTH_TEST_KEY_ID, type KeyAdministration } from '../backend.js';
import {
  assertCode,
  type ContractCase,
  type ContractHarness,
  currentKey,
  describedNow,
  ENCRYPT_AND_DECRYPT,
  rejectsWith,
  withAct,
} from './contract-case.js';

/** Texts that are no external key ids. */
const NO_IDS = ['', '.', '..', 'a/b', '../k', 'ä', 'a b', 'a\0', 'a%2fb', 'x'.repeat(129)];

/** The cases of the ids of keys, and of the key that is kept for health checks. */
export const keyIdCases: readonly ContractCase[] = [
  {
    title: 'an id that no key can have → refused with unsupported, and no key is made',
    run: withAct('createKey', async ({ administration }, createKey) => {
      const before = await idsOf(administration);
      for (const id of NO_IDS) {
        await rejectsWith(() => createKey(id, ENCRYPT_AND_DECRYPT), 'unsupported');
      }
      assert.deepEqual(await idsOf(administration), before);
    }),
  },
  ...[
    { what: 'the id of a key', change: (id: string) => id },
    { what: "an id that differs from a key's by case", change: (id: string) => id.toUpperCase() },
  ].map(
    ({ what, change }) =>
      ({
        title: `${what} → refused with conflict, whatever the origin, and the key is as it was`,
        run: withAct('createKey', async (harness, createKey) => {
          if (!comparesIds(harness)) return;
          const { externalKeyId, version } = await currentKey(harness);
          const id = change(externalKeyId);
          await rejectsWith(() => createKey(id, ENCRYPT_AND_DECRYPT), 'conflict');
          if (harness.administration?.materialImport !== undefined) {
            await rejectsWith(() => createKey(id, ENCRYPT_AND_DECRYPT, 'external'), 'conflict');
          }
          const { current } = await describedNow(harness, externalKeyId);
          assert.deepEqual(current, version);
        }),
      }) satisfies ContractCase,
  ),
  {
    title: 'keys of ids that differ by case alone, made at once → one of them, and conflicts',
    run: withAct('createKey', async (harness, createKey) => {
      if (!comparesIds(harness)) return;
      const id = `contract-${randomUUID()}`;
      const ids = [id, id.toUpperCase(), id];
      const made = await Promise.allSettled(
        ids.map((each) => createKey(each, ENCRYPT_AND_DECRYPT)),
      );
      assert.equal(made.filter(({ status }) => status === 'fulfilled').length, 1);
      for (const each of made) {
        if (each.status === 'rejected') assertCode(each.reason, 'conflict');
      }
    }),
  },
  {
    title: 'the health-test key → no list has it, and no act makes, changes or destroys it',
    async run({ administration = {}, node, deadline }) {
      const id = HEALTH_TEST_KEY_ID;
      assert.equal((await node.checkHealth(deadline())).status, 'ACTIVE'); // It is there from now on.
      const before = await node.describeKey(id, deadline());
      const acts: readonly (Promise<unknown> | undefined)[] = [
        administration.createKey?.(id, ENCRYPT_AND_DECRYPT),
        administration.createKey?.(id.toUpperCase(), ENCRYPT_AND_DECRYPT),
        administration.rotateKey?.(id, before.current?.version ?? 1),
        administration.setKeyEnabled?.(id, false),
        administration.destroyVersion?.(id, 1),
        administration.destroyKey?.(id),
      ];
      for (const outcome of await Promise.allSettled(acts.filter((act) => act !== undefined))) {
        assert(outcome.status === 'rejected', 'the health-test key was changed');
        assertCode(outcome.reason, 'unsupported');
      }
      assert(!(await idsOf(administration)).includes(id));
      assert.deepEqual((await node.describeKey(id, deadline())).current, before.current);
      assert.equal((await node.checkHealth(deadline())).status, 'ACTIVE');
    },
  },
  {
    title: 'a list of keys → each once, in the order of their ids',
    run: withAct('createKey', async ({ administration }, createKey) => {
      for (const first of ['b', 'a', 'B', '_']) {
        await createKey(`${first}-${randomUUID()}`, ENCRYPT_AND_DECRYPT);
      }
      const ids = await idsOf(administration);
      assert.deepEqual(ids, [...new Set(ids)].sort());
    }),
  },
];

/** A module that cannot list its keys compares ids by itself, or not at all. */
function comparesIds({ administration }: ContractHarness): boolean {
  return administration?.listKeys !== undefined;
}

async function idsOf(administration: KeyAdministration | undefined): Promise<readonly string[]> {
  const listed = (await administration?.listKeys?.()) ?? [];
  return listed.map(({ description }) => description.externalKeyId);
}
