import { cpSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { temporaryFolder } from '../../../support/temporary-folder.js';
import { addRecords, openTestLog, payloads } from './log-fixture.js';

describe('a log with an unsigned tail', () => {
  it('opened and closed before a record told of the tail → the next start finds it again', async () => {
    const running = temporaryFolder();
    const directory = join(temporaryFolder(), 'killed');
    const { log } = await openTestLog(running);
    await addRecords(log, 5);
    cpSync(running, directory, { recursive: true });
    await log.close();
    for (let start = 0; start < 2; start += 1) {
      const opened = await openTestLog(directory);
      expect(opened.recovery).toMatchObject({ unsignedFirst: 0, unsignedLast: 5 });
      await opened.log.close();
      expect(opened.notes).toEqual([]);
    }
    const told = await openTestLog(directory);
    await told.log.append(payloads.of('recovery', told.recovery ?? { tornBytes: 0 }));
    await told.log.close();
    expect(told.notes).toHaveLength(1);
  });
});
