import { once } from 'node:events';
import { connect } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
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
/** Within this time `npm start` takes a second signal for npm's echo of the first; and a little. */
const SAME_SIGNAL_MS = 600;
const SERVE = new URL('../../../scripts/lib/serve.mjs', import.meta.url).href;

async function start(fields: object = {}, args?: readonly string[]): Promise<HoldfastServer> {
  const server = await startHoldfast({
    configuration: { ...quickstartConfiguration(), ...fields },
    ...(args === undefined ? {} : { args }),
  });
  onTestFinished(() => server.kill());
  return server;
}

async function statusOf(server: HoldfastServer, path: string): Promise<number> {
  const { status } = await fetch(`http://127.0.0.1:${String(server.operationsPort)}${path}`);
  return status;
}

/** What `npm start` runs once all is installed and built. */
const underNpmStart = [
  '--input-type=module',
  '--eval',
  `process.argv.splice(1, 0, 'start.mjs');
   const { serve } = await import(${JSON.stringify(SERVE)});
   await serve();`,
];

describe('a second Ctrl-C while the server drains', () => {
  it.each([
    ['holdfast serve', undefined],
    ['npm start', underNpmStart],
  ])('%s → says beforehand that it ends at once, and does', async (_, args) => {
    const server = await start({ drainDelayMs: 600_000 }, args);
    server.signal('SIGINT');
    await vi.waitFor(() => {
      expect(server.log()).toMatch(/^Stopping: .*600 s.* second Ctrl-C ends it at once/m);
    });
    await sleep(SAME_SIGNAL_MS);
    server.signal('SIGINT');
    expect(await server.ended()).toBe('SIGINT');
  });

  it('npm start, which passes the first one on → is none', async () => {
    const server = await start({ drainDelayMs: 0 }, underNpmStart);
    server.signal('SIGINT');
    server.signal('SIGINT');
    expect(await server.ended()).toBe(0);
  });
});

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
