import { join } from 'node:path';
import { request } from 'undici';
import { describe, expect, it, onTestFinished } from 'vitest';
import { simulatorSchema } from '../../../../src/kms-simulator/configuration.js';
import { endpointOf } from '../../../../src/kms-simulator/environment.js';
import { startSimulator } from '../../../../src/kms-simulator/simulator.js';
import { temporaryFolder } from '../../../support/temporary-folder.js';

const CALLER = {
  accessKeyId: 'AKIAIOSFODNN7EXAMPLE',
  secretAccessKey: 'wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY',
  principal: 'arn:aws:iam::111122223333:user/alice',
};

async function start(): Promise<string> {
  const running = await startSimulator({
    configuration: simulatorSchema.parse({ callers: [CALLER] }),
    callers: [CALLER],
    state: join(temporaryFolder(), 'kms'),
    port: 0,
    resolve: [],
    onError: (error) => {
      throw error;
    },
  });
  onTestFinished(() => running.close());
  return endpointOf(running.port);
}

describe('what nobody has to sign', () => {
  it('asked for by a page in a browser, by DNS rebinding or across origins → refused', async () => {
    const endpoint = await start();
    const pages = [
      { host: 'evil.example.com:8700' },
      { host: '127.0.0.1.evil.example.com' },
      { origin: 'https://evil.example.com' },
      { origin: 'null' },
    ];
    const asked = ['PUT /faults', 'GET /faults', 'GET /metrics', 'POST /cloudtrail/deliver'];
    for (const headers of pages) {
      for (const line of asked) {
        const [method = '', path = ''] = line.split(' ');
        const body = method === 'PUT' ? '{"lostConnections":1}' : null;
        const { statusCode } = await request(`${endpoint}${path}`, {
          method: method as 'PUT',
          headers,
          body,
        });
        expect({ headers, line, statusCode }).toMatchObject({ statusCode: 403 });
      }
    }
  });

  it('asked for by a program of this machine, by either name → answered, and nothing was set', async () => {
    const endpoint = await start();
    await request(`${endpoint}/faults`, {
      method: 'PUT',
      headers: { host: 'evil.example.com' },
      body: '{"lostConnections":1}',
    });
    for (const host of [new URL(endpoint).host, 'localhost:1', 'LOCALHOST']) {
      const { statusCode, body } = await request(`${endpoint}/faults`, { headers: { host } });
      expect(statusCode).toBe(200);
      expect(await body.json()).toMatchObject({ lostConnections: 0 });
    }
  });
});
