import { cpSync, mkdtempSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { createKey } from '../../../src/external-keys/lifecycle/create-key.js';
import { destroyKey } from '../../../src/external-keys/lifecycle/destroy-key.js';
import { knownKey } from '../../../src/external-keys/lifecycle/known-key.js';
import { destroyVersion } from '../../../src/external-keys/lifecycle/destroy-version.js';
import { rotateKey } from '../../../src/external-keys/lifecycle/rotate-key.js';
import { LookForDestroyed } from '../../../src/external-keys/schedules/look-for-destroyed.js';
import { type KeyManager, untraced } from '../../../src/key-managers/key-manager.js';
import { systemClock } from '../../../src/shared/clock.js';
import { Deadline } from '../../../src/shared/deadline.js';
import type { StateCopy } from '../../../src/state/copy/state-copy.js';
import { replicaOn } from '../../support/lifecycle.js';
import type { LifeKeyManager } from '../../support/lives/life-key-managers.js';
import { Mortal } from '../../support/lives/mortal.js';
import {
  openbaoKeysOfALife,
  sealedKeysOfALife,
  tokenKeysOfALife,
} from '../../support/lives/real-key-managers.js';
import { MemoryState } from '../../support/memory-state-store.js';
import { OpenbaoServer } from '../../support/openbao.js';
import { describeWithOpenbao } from '../../support/openbao-program.js';
import { describeWithModule } from '../../support/pkcs11-suite.js';
import { PostgresServer } from '../../support/postgres.js';
import { describeWithPostgres } from '../../support/postgres-programs.js';
import { migrated, openStore, prepareDatabase, stateSql } from '../../support/postgres-state.js';
import { makeSoftHsmToken, softHsmModule } from '../../support/softhsm.js';
import { OVER } from '../../support/stopped-records.js';
import { stateReplica } from '../../support/state-replica.js';

const WANTED = {
  externalKeyId: 'k',
  usage: new Set(['ENCRYPT', 'DECRYPT'] as const),
  origin: 'generated',
} as const;
const CALL_MS = 60_000;
const soon = () => Deadline.after(systemClock, CALL_MS);

/** A replica with a key manager, at keys that outlive it. */
async function replicaAt(life: LifeKeyManager, state: StateCopy) {
  const keyManager = await life.start({ mortal: new Mortal(), state, mayRenew: () => true });
  onTestFinished(() => keyManager.close());
  const { capabilities } = life;
  const replica = replicaOn(state, keyManager, { capabilities, clock: systemClock });
  const appeared = () => replica.events.filter(({ event }) => event === 'destroyed-key-appeared');
  /** As at a start, and as when a request names the key. */
  const look = async () => {
    await state.refresh(soon());
    await new LookForDestroyed(() => 0.5).asked(replica.lifecycle, 'k');
  };
  return { ...replica, keyManager, appeared, look };
}

type Replica = Awaited<ReturnType<typeof replicaAt>>;

/** Makes the key. @returns the name of its material */
async function makeKey({ lifecycle, keyManager }: Replica): Promise<string | undefined> {
  await createKey(lifecycle, WANTED, 'ann');
  return materialOf(keyManager, 1);
}

async function materialOf(keyManager: KeyManager, version: number): Promise<string | undefined> {
  const { versions } = await keyManager.describeKeyAnew('k', untraced(soon()));
  return versions.get(version)?.materialName.toString('hex');
}

/** Destroys the key, as the schedule does when its waiting period is over. */
async function destroy({ lifecycle }: Replica): Promise<void> {
  await destroyKey(lifecycle, await knownKey(lifecycle.ports, 'k'), 'ann');
}

/** Destroys the first version of a rotated key, as the schedule does. */
async function destroyFirst({ lifecycle, records }: Replica, materialName = ''): Promise<void> {
  const { value, revision } = await knownKey(lifecycle.ports, 'k');
  const retirements = [{ version: 1, materialName, waiting: OVER }];
  const retired = await records.put({ ...value, retirements }, revision);
  await destroyVersion(lifecycle, retired, 1, 'ann');
}

/** It is told, with its material, and the key stays Destroyed. */
async function expectTold(replica: Replica, materialNames: readonly unknown[]): Promise<void> {
  await replica.look();
  expect(replica.appeared()).toMatchObject([{ externalKeyId: 'k', materialNames }]);
  expect(replica.records.keyOf('k').state).toBe('Destroyed');
}

describe('destroyed material that is there again', () => {
  describeWithModule('in SoftHSM', softHsmModule, () => {
    /** A token, and a copy of its objects as a backup has them. */
    async function token() {
      const made = await makeSoftHsmToken();
      onTestFinished(() => {
        made.remove();
      });
      const [folder = ''] = readdirSync(made.tokensFolder);
      const objects = join(made.tokensFolder, folder);
      const backup = mkdtempSync(join(made.folder, 'backup-'));
      return {
        life: tokenKeysOfALife(made),
        backUp: () => {
          cpSync(objects, backup, { recursive: true });
        },
        /** Puts back the objects that are not there any more, and nothing else. */
        putBack: () => {
          for (const name of readdirSync(backup).filter((each) => each.endsWith('.object'))) {
            cpSync(join(backup, name), join(objects, name), { force: false });
          }
        },
      };
    }

    it('the object of a key is copied back → told at the next start, and Destroyed', async () => {
      const { life, backUp, putBack } = await token();
      const memory = new MemoryState();
      const first = await replicaAt(life, await stateReplica(memory));
      const material = await makeKey(first);
      backUp();
      await destroy(first);
      await first.look();
      expect(first.appeared()).toEqual([]);
      putBack();
      await expectTold(await replicaAt(life, await stateReplica(memory)), [material]);
    });

    it('the object of a version is copied back → told with its number; the other encrypts', async () => {
      const { life, backUp, putBack } = await token();
      const memory = new MemoryState();
      const first = await replicaAt(life, await stateReplica(memory));
      const material = await makeKey(first);
      await rotateKey(first.lifecycle, 'k', 'ann');
      backUp();
      await destroyFirst(first, material);
      putBack();
      const next = await replicaAt(life, await stateReplica(memory));
      await next.look();
      expect(next.appeared()).toMatchObject([{ keyVersion: 1, materialNames: [material] }]);
      expect(next.records.keyOf('k').retired?.get(1)).toMatchObject({ isDestroyed: true });
    });
  });

  describeWithOpenbao('in OpenBao', (program) => {
    let server: OpenbaoServer;
    beforeAll(async () => {
      server = await OpenbaoServer.startReady(program);
    });
    afterAll(async () => {
      await server.dispose();
    });

    it('restored with the backup endpoint, and another one made of its name → told, and Destroyed', async () => {
      const life = await openbaoKeysOfALife(server);
      const state = await stateReplica(new MemoryState());
      const replica = await replicaAt(life, state);
      const material = await makeKey(replica);
      const { mount = '' } = /^(?<mount>life-[0-9a-f]+)/u.exec(await mountOf(server))?.groups ?? {};
      const settings = { exportable: true, allow_plaintext_backup: true };
      await server.must('POST', `${mount}/keys/k/config`, settings);
      const { data } = (await server.must('GET', `${mount}/backup/k`)) as {
        data: { backup: string };
      };
      await destroy(replica);
      await server.must('POST', `${mount}/restore/k`, { backup: data.backup });
      await expectTold(replica, [material]);

      await server.must('POST', `${mount}/keys/k/config`, { deletion_allowed: true });
      await server.must('DELETE', `${mount}/keys/k`);
      await replica.look();
      expect(replica.appeared()).toHaveLength(1);
      await server.must('POST', `${mount}/keys/k`, { type: 'aes256-gcm96' });
      await replica.look();
      expect(replica.appeared()).toHaveLength(2);
      expect(replica.records.keyOf('k').state).toBe('Destroyed');
    });
  });

  describeWithPostgres('sealed in PostgreSQL', (programs) => {
    let server: PostgresServer;
    beforeAll(async () => {
      server = await PostgresServer.launch(programs);
      await prepareDatabase(server);
    });
    afterAll(() => server.dispose());

    /** A replica at a store of its own, and the row of its key. */
    async function sealedKey() {
      const config = await migrated(server);
      const open = async () =>
        replicaAt(sealedKeysOfALife(), await stateReplica(await openStore(config)));
      const replica = await open();
      const row = async () =>
        (
          await stateSql(
            server,
            config,
            "SELECT * FROM $schema.documents WHERE collection = 'sealed-keys' AND id LIKE '%/k'",
          )
        )[0] ?? {};
      /** As a change of the store, which replicas follow; or as it was, which none sees. */
      const putBack = async ({ contents, revision }: Record<string, unknown>, isSeen: boolean) => {
        const next = isSeen
          ? `WITH next AS (UPDATE $schema.store SET revision = revision + 1, token = md5(token)
              RETURNING revision, token),
            noted AS (INSERT INTO $schema.revisions SELECT revision, token FROM next)`
          : 'WITH next AS (SELECT $2::bigint AS revision)';
        await stateSql(
          server,
          config,
          `${next} UPDATE $schema.documents AS each SET contents = $1, revision = next.revision
            FROM next WHERE collection = 'sealed-keys' AND id LIKE '%/k'`,
          isSeen ? [contents] : [contents, revision],
        );
      };
      return { open, replica, row, putBack };
    }

    it.each([
      { how: 'as a change that replicas follow', isSeen: true },
      { how: 'as it was before', isSeen: false },
    ])('its row is put back $how → told, and Destroyed', async ({ isSeen }) => {
      const { open, replica, row, putBack } = await sealedKey();
      const material = await makeKey(replica);
      const backup = await row();
      await destroy(replica);
      expect((await row())['contents']).toBeNull();
      await putBack(backup, isSeen);
      // A replica that has seen the destruction does not even open it.
      if (isSeen) await expectTold(replica, []);
      await expectTold(await open(), [material]);
    });

    it('the row from before a version was destroyed is put back → told with its number', async () => {
      const { open, replica, row, putBack } = await sealedKey();
      const material = await makeKey(replica);
      await rotateKey(replica.lifecycle, 'k', 'ann');
      const backup = await row();
      await destroyFirst(replica, material);
      await putBack(backup, true);
      await replica.look();
      // A replica that has seen the destruction takes the row for damaged, goes on with what it
      // has in memory, and says so.
      const [{ detail } = {}] = await replica.keyManager.health(soon());
      expect(detail).toContain('the material of version 1 was destroyed, and is back');
      expect(await materialOf(replica.keyManager, 1)).toBeUndefined();
      expect(replica.appeared()).toEqual([]);
      const next = await open();
      await next.look();
      expect(next.appeared()).toMatchObject([{ keyVersion: 1, materialNames: [material] }]);
      expect(next.records.keyOf('k').retired?.get(1)).toMatchObject({ isDestroyed: true });
    });
  });
});

/** The newest mount of a life. */
async function mountOf(server: OpenbaoServer): Promise<string> {
  const { data } = (await server.must('GET', 'sys/mounts')) as { data: Record<string, unknown> };
  return Object.keys(data).find((name) => name.startsWith('life-')) ?? '';
}
