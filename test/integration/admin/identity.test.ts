import { execFile } from 'node:child_process';
import { chmodSync } from 'node:fs';
import { connect, createServer, type Socket } from 'node:net';
import { userInfo } from 'node:os';
import { dirname } from 'node:path';
import { promisify } from 'node:util';
import { gzipSync } from 'node:zlib';
import { describe, expect, it, onTestFinished } from 'vitest';
import { administratorOf } from '../../../src/admin/administrator.js';
import { createPeerReader } from '../../../src/http/admin/socket-peer.js';
import { startAdminServer } from '../../support/admin-server.js';

const isRoot = process.geteuid?.() === 0;

/** Speaks to the admin socket as another process, and of another user where one is named. */
async function createKey(socket: string, externalKeyId: string, user: object = {}) {
  const body = JSON.stringify({ externalKeyId, keyStore: 'production', usage: ['DECRYPT'] });
  const script = `
    const [socketPath, body] = process.argv.slice(1);
    const headers = { 'Content-Type': 'application/json', 'X-User': 'root', 'X-Uid': '0' };
    require('node:http')
      .request({ socketPath, path: '/v1/keys', method: 'POST', headers }, (answer) => answer.resume())
      .end(body);
    process.stdout.write(String(process.pid));
  `;
  const options = { cwd: '/', ...user };
  const args = ['-e', script, socket, body];
  const { stdout } = await promisify(execFile)(process.execPath, args, options);
  return Number(stdout);
}

describe('an act on the admin socket', () => {
  it('is told with user, group and process of whoever asked for it', async () => {
    const { socket, acts, log } = await startAdminServer();
    const processId = await createKey(socket, 'payroll');
    const { uid, gid, username } = userInfo();
    expect(acts).toMatchObject([
      {
        act: 'createKey',
        administrator: {
          by: username,
          from: 'local',
          with: { means: 'admin-socket', uid, gid, processId },
        },
        request: { externalKeyId: 'payroll' },
      },
    ]);
    expect(log.lines()).toMatchObject([{ msg: 'administrative act', by: username }]);
  });

  it('of somebody who hangs up before it is looked at → told with who it was', async () => {
    const { socket, acts } = await startAdminServer();
    const body = JSON.stringify({ externalKeyId: 'payroll', keyStore: 'production', usage: [] });
    // To unpack it takes a turn of the event loop.
    const packed = gzipSync(body);
    const head = [
      'POST /v1/keys HTTP/1.1',
      'Host: x',
      'Content-Type: application/json',
      'Content-Encoding: gzip',
      `Content-Length: ${packed.length}`,
    ];
    const client = connect(socket);
    client.end(Buffer.concat([Buffer.from(`${head.join('\r\n')}\r\n\r\n`), packed]), () => {
      client.destroy();
    });
    await expect
      .poll(() => acts)
      .toMatchObject([{ administrator: { with: { uid: userInfo().uid } } }]);
  });

  it.runIf(isRoot).each([
    ['of a user with a name', 'daemon', 1],
    ['of a user without one', 'uid 54321', 54_321],
  ])('%s → their id, whatever they claim', async (_, by, id) => {
    const { socket, acts } = await startAdminServer();
    chmodSync(dirname(socket), 0o711);
    chmodSync(socket, 0o666);
    await createKey(socket, 'payroll', { uid: id, gid: id });
    expect(acts).toMatchObject([{ administrator: { by, with: { uid: id, gid: id } } }]);
  });

  it('whose request is invalid → told as it was sent, in bounds', async () => {
    const { socket, acts } = await startAdminServer();
    await createKey(socket, `../${'x'.repeat(50_000)}`);
    await createKey(socket, '\ud800');
    expect(acts).toMatchObject([
      {
        request: {
          externalKeyId: expect.stringMatching(/^..\/x{297}\.\.\.$/),
          keyStore: 'production',
        },
      },
      { request: { externalKeyId: '\ud800' } },
    ]);
    expect(acts.map(({ errorCode }) => errorCode)).toEqual(['invalid-request', 'invalid-request']);
  });
});

describe('createPeerReader', () => {
  it('a connection that is no Unix socket → nothing, rather than somebody', async () => {
    const readPeer = await createPeerReader();
    const server = createServer();
    onTestFinished(() => {
      server.close();
    });
    const accepted = new Promise<Socket>((resolve) => server.once('connection', resolve));
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const address = server.address();
    const client = connect(typeof address === 'object' ? (address?.port ?? 0) : 0, '127.0.0.1');
    const socket = await accepted;
    expect(readPeer(socket)).toBeUndefined();
    client.destroy();
    socket.destroy();
    expect(readPeer(socket)).toBeUndefined();
  });
});

describe('administratorOf', () => {
  it('a client that the system does not tell → whoever could open the socket', async () => {
    expect(await administratorOf(undefined)).toEqual({
      by: 'admin-socket',
      from: 'local',
      with: { means: 'admin-socket' },
    });
  });

  it('a process that is gone → no login, and the user all the same', async () => {
    const client = { uid: 0, gid: 0, processId: 2 ** 31 - 1 };
    expect(await administratorOf(client)).toMatchObject({
      by: 'root',
      with: { uid: 0, loginUid: undefined },
    });
  });
});
