import { describe, expect, it } from 'vitest';
import { scheduleDeletion } from '../../../../src/external-keys/lifecycle/schedule-deletion.js';
import {
  appendLine,
  forgedDestruction,
  rebuild,
  signedByAnother,
} from '../../../support/audit-log-attacker.js';
import { runServer, startServer } from '../../../support/audit-log-folder.js';
import {
  checkpointFilesOf,
  fileOf,
  readImage,
  replaceImage,
  segmentsOf,
  withFile,
} from '../../../support/audit-log-image.js';
import { DAY_MS } from '../../../support/scheduled-replica.js';
import { splitNotes } from '../../../support/split-notes.js';
import { destroyed, NOBODY, parts, restore, restored } from '../../../support/told-destructions.js';

/** Forgeries of somebody who can write to the folder of a log and does not have its key. */
const FORGERIES: Readonly<Record<string, (directory: string) => Promise<void>>> = {
  'stands behind the last checkpoint': async (directory) => {
    await runServer({ directory, records: 20 });
    appendLine(directory, FORGED);
  },
  'was written behind the last checkpoint and taken over by a start': async (directory) => {
    await FORGERIES['stands behind the last checkpoint']?.(directory);
    await runServer({ directory, records: 20 });
  },
  'is put into a log that is built anew': async (directory) => {
    await runServer({ directory, records: 20 });
    const image = readImage(directory);
    const [segment] = segmentsOf(image);
    const forged = rebuild(image, (payloads) =>
      payloads.map((some, index) => (index > 0 ? some : some.with(3, FORGED))),
    );
    expect(forged.get(segment ?? '')).not.toEqual(image.get(segment ?? ''));
    replaceImage(directory, image, forged);
  },
  'is in a log that is signed with another key': async (directory) => {
    await runServer({ directory, records: 20 });
    const image = readImage(directory);
    const forged = rebuild(image, (payloads) =>
      payloads.map((some, index) => (index > 0 ? some : some.with(3, FORGED))),
    );
    replaceImage(directory, image, signedByAnother(forged));
  },
};

const FORGED = forgedDestruction({
  keyManager: 'living',
  externalKeyId: 'key',
  materialNames: ['00'.repeat(8)],
});

describe('ToldTombstones', () => {
  it('a forged record of a version → nothing is done, and the command is told that destroys it', async () => {
    const { folders, keys } = await parts();
    const [summary] = await keys.administration.listKeys();
    const name = summary?.description.versions.get(1)?.materialName.toString('hex') ?? '';
    await runServer({ directory: folders.audit, records: 20 });
    const forged = forgedDestruction({
      ...{ keyManager: 'living', externalKeyId: 'key', materialNames: [name] },
      ...{ extent: 'version', keyVersion: 1 },
    });
    appendLine(folders.audit, forged);
    const next = await restored(keys);
    const tombstones = await restore(folders, next);
    expect(tombstones.waiting).toEqual([
      expect.stringContaining('"holdfast keys retire-version key 1"'),
    ]);
    expect(next.records.keyRecordOf('key')).toBeUndefined();
  });

  it.each(Object.entries(FORGERIES))(
    'a record that %s → nothing is done, refused or erased, and people are told',
    async (_how, forge) => {
      const { folders, keys } = await parts();
      const before = await keys.administration.listKeys();
      await forge(folders.audit);
      const next = await restored(keys);
      const tombstones = await restore(folders, next);
      await next.lifecycle.finishAbandoned(NOBODY);
      expect(next.records.keyOf('key').state).toBe('Enabled');
      expect(next.records.keyRecordOf('key')).toBeUndefined();
      expect(await keys.administration.listKeys()).toEqual(before);
      expect(next.events).toMatchObject([
        { event: 'destruction-not-proven', externalKeyId: 'key', extent: 'key' },
      ]);
      const sentence = expect.stringContaining(
        'no signature proves it: nothing was done',
      ) as string;
      expect(next.lines().filter(({ level }) => level === 'error')).toMatchObject([
        { msg: sentence },
      ]);
      expect(tombstones.waiting).toEqual([sentence]);
      expect(tombstones.waiting[0]).toContain('holdfast keys schedule-deletion key');
      // Each start says it again, as long as the record is there.
      const later = await restored(keys);
      expect((await restore(folders, later)).waiting).toEqual([sentence]);
    },
  );

  it('a checkpoint that a crash left to the next segment vouches for a record', async () => {
    const { folders, keys, lifecycle, elapse, events } = await parts();
    await scheduleDeletion(lifecycle, 'key', 7, 'ann');
    await elapse(7.1 * DAY_MS);
    const [event] = destroyed(events);
    if (event === undefined) throw new Error('nothing was destroyed');
    const log = await startServer({ directory: folders.audit, records: 60 });
    log.trail.recordLater('event', { ...event, severity: 'warning' });
    await log.close();
    await runServer({ directory: folders.audit, records: 200 });
    const image = readImage(folders.audit);
    const [first = '', second = ''] = checkpointFilesOf(image);
    expect(second).not.toBe('');
    const notes = splitNotes(fileOf(image, first).toString());
    replaceImage(folders.audit, image, withFile(image, first, Buffer.from(notes[0] ?? '')));
    keys.makeElsewhere('key');
    const next = await restored(keys);
    await restore(folders, next);
    expect(next.records.keyOf('key').state).toBe('Destroyed');
  });
});
