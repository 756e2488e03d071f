import { writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { HEALTH_TEST_KEY_ID } from '../../../src/key-managers/backend.js';
import { configurationWith, diagnosed } from '../../support/diagnosed.js';
import { OpenbaoServer } from '../../support/openbao.js';
import { describeWithOpenbao } from '../../support/openbao-program.js';

describeWithOpenbao('holdfast doctor backend, with OpenBao', (program) => {
  let server: OpenbaoServer;

  beforeAll(async () => {
    server = await OpenbaoServer.startReady(program);
  });

  afterAll(async () => {
    await server.dispose();
  });

  /** A configuration of these addresses. */
  function configurationOf(...addresses: readonly string[]): string {
    const file = configurationWith({
      name: 'bao',
      type: 'vault',
      nodes: addresses.map((address, at) => ({ name: `bao-${at + 1}`, address })),
      tls: { roots: [server.caPath] },
      login: { method: 'token', tokenFile: 'token' },
    });
    writeFileSync(join(dirname(file), 'token'), `${server.rootToken}\n`, { mode: 0o600 });
    return file;
  }

  it('a test key that is missing → told, and not made; made → ACTIVE, and a dead node by name', async () => {
    const missing = await diagnosed(configurationOf(server.address), 'bao');
    expect(missing.code).toBe(1);
    expect(missing.wrong[0]).toContain('test-key failed');
    expect((await server.call('GET', `transit/keys/${HEALTH_TEST_KEY_ID}`)).status).toBe(404);

    await server.must('POST', `transit/keys/${HEALTH_TEST_KEY_ID}`, { type: 'aes256-gcm96' });
    await server.must('POST', 'transit/config/keys', { disable_upsert: true });
    const file = configurationOf(server.address, 'https://127.0.0.1:1');
    const { code, statuses, wrong, output } = await diagnosed(file, 'bao');
    expect({ code, statuses }).toEqual({ code: 1, statuses: ['ACTIVE', 'UNAVAILABLE'] });
    expect(wrong).toEqual([[], ['answer failed', 'health failed']]);
    expect(output).not.toContain(server.rootToken);
  });
});
