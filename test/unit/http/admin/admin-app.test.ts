import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import request from 'supertest';
import { describe, expect, it, onTestFinished } from 'vitest';
import { administratorOf } from '../../../../src/admin/administrator.js';
import { createAdminOperations } from '../../../../src/admin/operations/index.js';
import {
  type AdminAudit,
  createAdminApp,
  type RecordedAct,
} from '../../../../src/http/admin/admin-app.js';
import { KeyManagerError } from '../../../../src/key-managers/backend.js';
import { AdministrationInMemory, inForce } from '../../../support/admin-fixture.js';
import { captureLog } from '../../../support/log-lines.js';
import { RawClient } from '../../../support/raw-client.js';

function app(
  administration = new AdministrationInMemory(),
  log = captureLog(),
  isStopping = () => false,
  audit?: AdminAudit,
) {
  const operations = createAdminOperations(() => inForce(administration));
  const identify = () => administratorOf(undefined);
  const hold = async <T>(work: () => T | Promise<T>) => work();
  const journals = { log: log.logger, audit, identify, hold };
  return createAdminApp(operations, journals, isStopping);
}

describe('every answer of the admin API', () => {
  it.each([
    ['a success', '/v1/keys', 200],
    ['an error', '/v1/nothing', 404],
  ])(
    '%s → JSON that nobody stores, with helmet, and nothing that names the software',
    async (_title, path, status) => {
      const response = await request(app()).get(path).expect(status).expect('content-type', /json/);
      expect(response.headers).toMatchObject({
        'cache-control': 'no-store',
        'x-content-type-options': 'nosniff',
        'x-frame-options': 'SAMEORIGIN',
      });
      expect(response.headers).not.toHaveProperty('x-powered-by');
    },
  );
});

describe('an act that fails', () => {
  it.each([
    ['because of a damaged document', new KeyManagerError('corrupt', 'why'), 'warn', false],
    ['because of a defect', new TypeError('why'), 'error', true],
  ])(
    '%s → logged at its level, with a stack for a defect alone',
    async (_, failure, level, hasStack) => {
      const administration = new AdministrationInMemory();
      administration.createKey = () => Promise.reject(failure);
      const log = captureLog();
      const body = { externalKeyId: 'payroll', keyStore: 'production', usage: ['ENCRYPT'] };
      await request(app(administration, log)).post('/v1/keys').send(body).expect(500);
      expect(log.lines()).toEqual([expect.objectContaining({ level })]);
      expect(log.text().includes('"stack"')).toBe(hasStack);
      expect(log.text()).toContain('why');
    },
  );
});

describe('an act that is sent with more than its route takes', () => {
  const ID = 'A'.repeat(20);

  it.each([
    [`/v1/credentials/${ID}/enable?accessKeyId=OTHER`, {}, { accessKeyId: ID }],
    [`/v1/credentials/${ID}/enable`, { accessKeyId: 'OTHER' }, { accessKeyId: ID }],
    [
      '/v1/key-stores/production/unblock?keyStore=other',
      { reason: 'over' },
      { keyStore: 'production', reason: 'over' },
    ],
  ])('%s → recorded with what it is done to', async (path, body, recorded) => {
    const acts: RecordedAct[] = [];
    const server = app(new AdministrationInMemory(), captureLog(), () => false, {
      assertRecording: () => undefined,
      recordAct: async (act) => void acts.push(act),
    });
    await request(server).post(path).send(body);
    expect(acts).toMatchObject([{ request: recorded }]);
  });
});

describe('an act that is under way when the server stops', () => {
  it('→ its answer ends the connection, as does that of one that fails', async () => {
    const administration = new AdministrationInMemory();
    let isStopping = false;
    const create = administration.createKey.bind(administration);
    administration.createKey = (...args) => {
      isStopping = true;
      return create(...args);
    };
    const agent = request(app(administration, captureLog(), () => isStopping));
    const body = { externalKeyId: 'payroll', keyStore: 'production', usage: ['ENCRYPT'] };
    const ask = () => agent.post('/v1/keys').set('Connection', 'keep-alive').send(body);
    await agent.get('/v1/keys').set('Connection', 'keep-alive').expect('connection', 'keep-alive');
    await ask().expect(201).expect('connection', 'close');
    await ask().expect(409).expect('connection', 'close');
  });
});

describe('a request to the admin API with two Hosts', () => {
  it('→ 400 invalid-request', async () => {
    const server = app().listen(0);
    onTestFinished(() => void server.close());
    await once(server, 'listening');
    const client = await RawClient.connect((server.address() as AddressInfo).port);
    client.send('GET /v1/keys HTTP/1.1\r\nHost: x\r\nHost: y\r\nConnection: close\r\n\r\n');
    await client.closed;
    expect(client.received).toMatch(/^HTTP\/1.1 400 [^]*"code":"invalid-request"/);
  });
});
