import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it, vi } from 'vitest';
import { repositoryPath } from '../support/container-files.js';
import { holdfast } from '../support/holdfast-command.js';
import { type HoldfastServer, startHoldfast } from '../support/holdfast-server.js';
import { describeWithOpenbao } from '../support/openbao-program.js';
import { describeWithModule } from '../support/pkcs11-suite.js';
import { runningIn } from '../support/running-in.js';
import { softHsmModule } from '../support/softhsm.js';
import { temporaryFolder } from '../support/temporary-folder.js';
import { XksClient } from '../support/xks-client.js';
import { decryptBody, encryptBody } from '../support/xks-requests.js';

describeWithModule('npm run try:softhsm', softHsmModule, () => {
  it('twice → serves, and the second decrypts what the first has encrypted', () =>
    tryTwice('softhsm'));
});

describeWithOpenbao('npm run try:openbao', () => {
  it('twice → serves, and the second decrypts what the first has encrypted', () =>
    tryTwice('openbao'));

  it('killed by SIGKILL → the OpenBao that it has started ends as well', async () => {
    const folder = temporaryFolder();
    const server = await starter('openbao', folder)();
    expect(runningIn(folder)).not.toEqual([]);
    await server.kill();
    await vi.waitUntil(() => runningIn(folder).length === 0, { timeout: 30_000, interval: 50 });
  });
});

/** Starts a trial as npm would, with everything in a folder of its own and on a free port. */
function starter(name: string, folder: string): () => Promise<HoldfastServer> {
  const stateDirectory = join(folder, name, 'state');
  mkdirSync(stateDirectory, { recursive: true, mode: 0o700 });
  return () =>
    startHoldfast({
      stateDirectory,
      args: [repositoryPath(`scripts/try-${name}.mjs`)],
      env: { HOLDFAST_TRY_DIR: folder, HOLDFAST_PORT: '0' },
    });
}

async function tryTwice(name: string): Promise<void> {
  const start = starter(name, temporaryFolder());
  const body = encryptBody();
  const sealed = await serving(await start(), async (server) => {
    const config = /^ {2}export HOLDFAST_CONFIG=(.+)$/m.exec(server.log())?.[1] ?? '';
    const doctor = await holdfast({}, 'doctor', 'backend', 'trial', '--config', config);
    expect(doctor).toMatchObject({ code: 0 });
    return call(server, 'encrypt', body);
  });
  const opened = await serving(await start(), (server) =>
    call(server, 'decrypt', decryptBody(sealed ?? {})),
  );
  expect(opened).toEqual({ plaintext: body['plaintext'] });
}

/** Uses a server, and expects it to end well when it is told to. */
async function serving<T>(server: HoldfastServer, use: (server: HoldfastServer) => Promise<T>) {
  try {
    return await use(server);
  } finally {
    expect(await server.stop()).toBe(0);
  }
}

async function call(server: HoldfastServer, operation: string, body: object) {
  const client = new XksClient(server);
  try {
    return (await client.call(`keys/quickstart-key/${operation}`, { ...body })).json;
  } finally {
    client.close();
  }
}
