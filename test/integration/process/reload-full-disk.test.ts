import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { makeFaultyDisk } from '../../support/faulty-disk.js';
import { limitFiles, sizeOfLog } from '../../support/full-disk.js';
import { keyManager, type ReloadedServer } from '../../support/launch-reloaded.js';
import { startReloaded } from '../../support/reloaded-server.js';
import { expectRefused, health, withPolicies, writePolicy } from '../../support/reloads.js';
import { temporaryFolder } from '../../support/temporary-folder.js';

describe.skipIf(process.platform !== 'linux')('a reload with a disk that is full', () => {
  it.each<[string, (server: ReloadedServer) => void, string]>([
    [
      'where superseded policies are kept',
      ({ folder, write, configuration }) => {
        writePolicy(folder, 'permit (principal, action, resource);');
        write({ ...configuration, keyStores: [withPolicies(configuration)] });
      },
      'policy-sets',
    ],
    [
      'where a new key manager has its keys',
      ({ write, configuration }) => {
        const keyManagers = [...configuration.keyManagers, keyManager('more')];
        write({ ...configuration, keyManagers });
      },
      'keys-more',
    ],
  ])('%s → the one before serves, everything says why, until there is room', async (...of) => {
    const [, change, place] = of;
    const disk = await makeFaultyDisk(temporaryFolder());
    const reloaded = await startReloaded(undefined, disk.env);
    change(reloaded);
    disk.fail(`write ENOSPC ${place}`);
    await expectRefused(reloaded, /ENOSPC/, 1);
    disk.recover();
    await reloaded.admin.call('reload', { body: { init: true } });
    expect(await reloaded.status()).toMatchObject({ generation: { number: 2 }, failedReloads: [] });
  });

  it('the audit log is interrupted, and the record of a generation would fit → the one before stays', async () => {
    const disk = await makeFaultyDisk(temporaryFolder());
    const reloaded = await startReloaded(undefined, disk.env);
    const { server, write, configuration, client } = reloaded;
    write({ ...configuration, deadlineMs: 20_000 });
    disk.fail('write ENOSPC');
    expect(await health(client())).toBe(200);
    await expect.poll(() => server.log()).toContain('the audit log cannot be written');
    disk.fail('write ENOSPC reserve');
    server.signal('SIGHUP');
    await expect.poll(async () => (await reloaded.status()).lastReload?.result).toBe('failure');
    const { generation, lastReload } = await reloaded.status();
    expect(generation.number).toBe(1);
    expect(lastReload?.reason).toMatch(/records cannot be written to the audit log/);
    disk.recover();
    await expect
      .poll(async () => {
        server.signal('SIGHUP');
        return (await reloaded.status()).generation.number;
      })
      .toBe(2);
  });

  it('no room for the record of a generation → the one before stays, until there is', async () => {
    const reloaded = await startReloaded();
    const { server, folder, write, configuration } = reloaded;
    write({ ...configuration, deadlineMs: 20_000 });
    limitFiles(server, sizeOfLog(join(folder, 'audit')) + 50);
    server.signal('SIGHUP');
    await expect.poll(async () => (await reloaded.status()).lastReload?.result).toBe('failure');
    expect((await reloaded.status()).generation.number).toBe(1);
    await expect.poll(() => server.log()).toMatch(/EFBIG.*the reload failed/);
    limitFiles(server, undefined);
    await expect
      .poll(async () => {
        server.signal('SIGHUP');
        return (await reloaded.status()).generation.number;
      })
      .toBe(2);
  });
});
