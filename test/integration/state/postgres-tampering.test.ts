import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { z } from 'zod';
import { SUPERUSER_PASSWORD } from '../../support/postgres-files.js';
import { PostgresServer } from '../../support/postgres.js';
import { describeWithPostgres } from '../../support/postgres-programs.js';
import { migrated, openStore, prepareDatabase, stateSql } from '../../support/postgres-state.js';
import { stateReplica } from '../../support/state-replica.js';
import { temporaryFolder } from '../../support/temporary-folder.js';

const notes = {
  name: 'notes',
  newest: { number: 1, schema: z.strictObject({ text: z.string() }) },
};
const BLOCK = { counter: 'count', size: 10, limit: 1_000 };
const SOON = { timeout: 10_000 };
const GONE_BACK = { code: 'gone-back' };

describeWithPostgres(
  'a store in PostgreSQL in which somebody else has been at work',
  (programs) => {
    let server: PostgresServer;
    beforeAll(async () => {
      server = await PostgresServer.launch(programs);
      await prepareDatabase(server);
    });
    afterAll(() => server.dispose());

    /** A replica of a store with two documents, at revision 2, and a counter. */
    async function inStore() {
      const config = await migrated(server);
      const directory = temporaryFolder();
      const state = await stateReplica(await openStore(config), { directory });
      const documents = state.collection(notes);
      for (const id of ['one', 'two']) await documents.put(id, { text: 'good' }, 0);
      await state.counters.begin(BLOCK.counter, 0);
      const sql = (statement: string) => stateSql(server, config, statement);
      const again = async () => stateReplica(await openStore(config), { directory });
      return { config, state, documents, sql, again };
    }

    /** Lets a store be as it was in a dump, after something has been done. */
    async function goBackToDump({ schema }: { schema: string }, act: () => Promise<unknown>) {
      const login = ['--host=127.0.0.1', `--port=${server.port}`, '--username=postgres'];
      const settings = {
        env: { ...process.env, PGPASSWORD: SUPERUSER_PASSWORD },
        stdio: 'pipe' as const,
      };
      const dumped = ['--clean', `--schema=${schema}`, 'state'];
      const input = execFileSync(join(programs, 'pg_dump'), [...login, ...dumped], settings);
      await act();
      const restored = ['--no-psqlrc', '--set=ON_ERROR_STOP=1', 'state'];
      execFileSync(join(programs, 'psql'), [...login, ...restored], { ...settings, input });
    }

    it('a document or a token of the next revision → passed over, told, and changes go on', async () => {
      const { state, documents, sql } = await inStore();
      await sql(`INSERT INTO $schema.documents VALUES ('notes', 'foreign', 3, 1, '{"text":"x"}')`);
      await sql(`INSERT INTO $schema.revisions VALUES (4, repeat('e', 32))`);
      await expect
        .poll(() => state.standing.leftAside, SOON)
        .toEqual([expect.stringContaining('rows of revisions that it has not come to')]);
      const { revision } = await documents.put('three', { text: 'good' }, 0);
      expect(revision).toBeGreaterThan(4);
      expect(documents.get('foreign')).toMatchObject({ kind: 'damaged' });
      expect(state.standing.leftAside).toEqual([]);
      expect(state.standing.problems).toEqual([expect.stringContaining('foreign is damaged')]);
    });

    it('a document in memory at the next revision → the good one goes on; recover brings it back', async () => {
      const { state, documents, sql } = await inStore();
      await sql(
        `UPDATE $schema.documents SET revision = 3, contents = '{"text":"x"}' WHERE id = 'one'`,
      );
      await documents.put('three', { text: 'good' }, 0);
      expect(documents.get('one')).toMatchObject({ value: { text: 'good' } });
      await sql('DELETE FROM $schema.revisions WHERE revision = 4');
      await expect.poll(() => state.standing.kind, SOON).toBe('gone-back');
      const names = (await state.recover()).map(({ id }) => id);
      expect(names).toEqual(['one']);
      expect(state.standing).toMatchObject({ kind: 'in-step', problems: [] });
    });

    it('tokens of old revisions are taken away → documents of them are as good as ever', async () => {
      const { sql, again } = await inStore();
      await sql('DELETE FROM $schema.revisions WHERE revision < 2');
      const state = await again();
      expect(state.standing).toMatchObject({ kind: 'in-step', problems: [] });
      expect(state.collection(notes).get('one')).toMatchObject({ kind: 'value' });
    });

    it('the row of the store is set back, and no token → gone-back on every replica', async () => {
      const { config, state, sql } = await inStore();
      const other = await stateReplica(await openStore(config));
      await sql(
        `UPDATE $schema.store SET revision = 1,
        token = (SELECT token FROM $schema.revisions WHERE revision = 1)`,
      );
      for (const each of [state, other]) {
        await expect.poll(() => each.standing.kind, SOON).toBe('gone-back');
      }
      await state.recover();
      await expect(state.counters.draw(BLOCK)).rejects.toMatchObject({ code: 'count-unknown' });
    });

    it('a counter is set back → its count is unknown to every replica, and that is told', async () => {
      const { config, state, sql } = await inStore();
      const other = await stateReplica(await openStore(config));
      await state.counters.draw(BLOCK);
      await sql('UPDATE $schema.counters SET next = 0');
      for (const each of [state, other]) {
        await expect(each.counters.draw(BLOCK)).rejects.toMatchObject({ code: 'count-unknown' });
      }
      await expect
        .poll(() => state.standing.leftAside, SOON)
        .toEqual([expect.stringContaining('the counter count in the state store')]);
      await state.counters.begin(BLOCK.counter, 0);
      expect(await state.counters.draw(BLOCK)).toEqual({ from: 0, to: 10 });
    });

    it('another store takes its place → nothing is changed there, not by recover either', async () => {
      const { state, documents, sql } = await inStore();
      await sql("UPDATE $schema.store SET id = repeat('f', 32), recovered = 7");
      await expect(documents.put('three', { text: 'good' }, 0)).rejects.toMatchObject(GONE_BACK);
      await expect.poll(() => state.standing.kind, SOON).toBe('gone-back');
      await expect(state.counters.draw(BLOCK)).rejects.toMatchObject(GONE_BACK);
      await expect(state.recover()).rejects.toThrow(/nothing is changed there/);
      expect(await sql('SELECT revision, gone_back FROM $schema.store')).toEqual([
        { revision: '2', gone_back: false },
      ]);
      expect(await sql('SELECT FROM $schema.counters')).toHaveLength(1);
    });

    it('a dump is restored that lacks a drawing alone, and who drew is gone → gone-back, until recovered', async () => {
      const { config, state, again } = await inStore();
      await goBackToDump(config, async () => {
        await state.counters.draw(BLOCK);
        await state.close();
      });
      const restarted = await again();
      await expect(restarted.counters.draw(BLOCK)).rejects.toMatchObject(GONE_BACK);
      expect(restarted.standing.kind).toBe('gone-back');
      expect(await restarted.recover()).toEqual([]);
      expect(restarted.standing.kind).toBe('in-step');
      await expect(restarted.counters.draw(BLOCK)).rejects.toMatchObject({ code: 'count-unknown' });
    });

    it('said to have gone back by an operator → a replica starts, changes nothing, and recovers it', async () => {
      const { state, sql, again } = await inStore();
      await state.close();
      await sql('UPDATE $schema.store SET gone_back = true');
      const restarted = await again();
      const documents = restarted.collection(notes);
      expect(documents.get('one')).toMatchObject({ kind: 'value' });
      expect(restarted.standing.kind).toBe('gone-back');
      await expect(documents.put('three', { text: 'x' }, 0)).rejects.toMatchObject(GONE_BACK);
      await restarted.recover();
      await documents.put('three', { text: 'good' }, 0);
    });
  },
);
