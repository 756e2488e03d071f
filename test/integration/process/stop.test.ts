import { once } from 'node:events';
import { connect } from 'node:net';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import {
  type HoldfastServer,
  quickstartConfiguration,
  startHoldfast,
} from '../../support/holdfast-server.js';
import { XksClient } from '../../support/xks-client.js';
import { encryptBody } from '../../support/xks-requests.js';

/** Long enough to look at a server that drains. */
const drainDelayMs = 1_500;

async function start(fields: object = {}): Promise<HoldfastServer> {
  const server = await startHoldfast({
    configuration: { ...quickstartConfiguration(), ...fields },
  });
  onTestFinished(() => server.kill());
  return server;
}

async function statusOf(server: HoldfastServer, path: string): Promise<number> {
  const { status } = await fetch(`http://127.0.0.1:${String(server.operationsPort)}${path}`);
  return status;
}

describe('a server that gets SIGTERM', () => {
  it('with load balancers in front of it → probes fail, requests are served, exits with 0', async () => {
    const server = await start({ drainDelayMs });
    const client = new XksClient(server);
    onTestFinished(() => {
      client.close();
    });
    const encrypt = () => client.call('keys/quickstart-key/encrypt', encryptBody());
    expect(await encrypt()).toMatchObject({ status: 200, headers: { connection: 'keep-alive' } });
    expect(await statusOf(server, '/readyz')).toBe(200);

    const stopped = server.stop();

    await vi.waitFor(async () => {
      expect(await statusOf(server, '/readyz')).toBe(503);
    });
    expect(await statusOf(server, '/ping')).toBe(503);
    expect(await statusOf(server, '/livez')).toBe(200);
    expect(await client.send('GET', '/ping', {}, Buffer.alloc(0))).toMatchObject({ status: 503 });
    expect(await encrypt()).toMatchObject({ status: 200, headers: { connection: 'close' } });
    expect(await stopped).toBe(0);
    expect(server.log()).toMatch(/"msg":"stopped"\}\n$/);
  });

  it('with somebody on the admin socket who says nothing → exits with 0 all the same', async () => {
    const server = await start();
    const silent = connect(server.adminSocket);
    silent.on('error', () => silent.destroy());
    await once(silent, 'connect');

    expect(await server.stop()).toBe(0);
  });
});
