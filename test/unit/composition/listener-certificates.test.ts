import type * as FileSystem from 'node:fs';
import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { connect } from 'node:tls';
import { once } from 'node:events';
import { beforeEach, describe, expect, it, onTestFinished, vi } from 'vitest';
import { plannedListeners } from '../../../src/composition/listener-set.js';
import { startListeners } from '../../../src/composition/listeners.js';
import { newDoors } from '../../../src/http/xks/door.js';
import { StrangerLog } from '../../../src/observability/stranger-log.js';
import { systemClock } from '../../../src/shared/clock.js';
import { makeSelfSigned } from '../../support/certificates.js';
import { load, validConfiguration } from '../../support/configuration-fixture.js';
import { ok } from '../../support/listener.js';
import { captureLog } from '../../support/log-lines.js';
import { temporaryFolder } from '../../support/temporary-folder.js';

const opened = vi.hoisted((): unknown[] => []);

vi.mock('node:fs', async (original) => {
  const actual = await original<typeof FileSystem>();
  const openSync: typeof actual.openSync = (path, ...rest) => {
    opened.push(path);
    return actual.openSync(path, ...rest);
  };
  const readFileSync: typeof actual.readFileSync = new Proxy(actual.readFileSync, {
    apply(target, self, args: unknown[]): unknown {
      opened.push(args[0]);
      return Reflect.apply(target, self, args);
    },
  });
  return { ...actual, openSync, readFileSync };
});

beforeEach(() => {
  opened.length = 0;
});

describe('the certificate files of listeners', () => {
  it('loaded, started and removed in between → each is read for its digest and once, and TLS has them', async () => {
    const folder = temporaryFolder();
    const { certificate, privateKey } = await makeSelfSigned({ commonName: 'localhost' });
    const chainFile = join(folder, 'chain.pem');
    const keyFile = join(folder, 'key.pem');
    writeFileSync(chainFile, certificate);
    writeFileSync(keyFile, privateKey, { mode: 0o600 });
    const plain = { host: '127.0.0.1', port: 0, plainHttp: true };
    const tls = { certificateChain: chainFile, privateKey: keyFile };
    const listeners = [plain, { host: '127.0.0.1', port: 0, tls }];

    const { loaded } = load({ ...validConfiguration(), listeners });
    for (const file of [chainFile, keyFile]) rmSync(file);
    const { logger } = captureLog();
    const planned = plannedListeners(loaded.configuration.listeners, loaded);
    const started = await startListeners(planned, {
      clock: systemClock,
      log: logger,
      strangers: new StrangerLog(logger, systemClock),
      doors: newDoors(),
      addresses: { release: () => Promise.resolve() },
      turnAway: () => 'to-be-served',
      handle: () => () => Promise.resolve(ok({})),
    });
    const secure = started.get(1);
    onTestFinished(() => secure?.server.close());

    expect(opened.filter((path) => path === chainFile)).toHaveLength(2);
    expect(opened.filter((path) => path === keyFile)).toHaveLength(2);
    const socket = connect({
      port: secure?.address.port ?? 0,
      ca: certificate,
      checkServerIdentity: () => undefined,
    });
    onTestFinished(() => {
      socket.destroy();
    });
    await once(socket, 'secureConnect');
    expect(socket.authorized).toBe(true);
    expect(secure?.server.expiresAt).toBeGreaterThan(Date.now());
  });
});
