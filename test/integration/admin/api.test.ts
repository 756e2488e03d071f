import { userInfo } from 'node:os';
import { describe, expect, it } from 'vitest';
import { adminErrorSchema } from '../../../src/admin/contract/errors.js';
import { sendOverUnixSocket } from '../../../src/cli/unix-http.js';
import { ACCESS_KEY_ID, AdministrationInMemory, inForce } from '../../support/admin-fixture.js';
import { startAdminServer } from '../../support/admin-server.js';
import { canaries } from '../../support/canaries.js';

const send = (socketPath: string, method: string, target: string, body?: string) =>
  sendOverUnixSocket({ socketPath, method, target, body, timeoutMs: 10_000 });

const key = { externalKeyId: 'payroll', keyStore: 'production', usage: ['ENCRYPT', 'DECRYPT'] };

describe('admin API', () => {
  const post = (fields: object) => JSON.stringify({ ...key, ...fields });

  it.each([
    ['an unknown path', 'GET /v1/nothing', undefined, '404 not-found'],
    ['another method', 'DELETE /v1/keys', undefined, '404 not-found'],
    ['another case', 'GET /V1/keys', undefined, '404 not-found'],
    ['an unknown query field', 'GET /v1/keys?all=1', undefined, '400 invalid-request'],
    ['a query field twice', 'GET /v1/keys?keyStore=a&keyStore=b', undefined, '400 invalid-request'],
    ['a broken percent-encoding', 'GET /v1/keys/%zz', undefined, '400 invalid-request'],
    ['a folder for an id', 'GET /v1/keys/..', undefined, '400 invalid-request'],
    ['a slash in an id', 'GET /v1/keys/a%2fb', undefined, '400 invalid-request'],
    ['a key that is not there', 'GET /v1/keys/__proto__', undefined, '404 not-found'],
    ['no body', 'POST /v1/keys', undefined, '400 invalid-request'],
    ['malformed JSON', 'POST /v1/keys', '{"externalKeyId":', '400 invalid-request'],
    ['a list for a body', 'POST /v1/keys', '[]', '400 invalid-request'],
    ['a field too many', 'POST /v1/keys', post({ force: true }), '400 invalid-request'],
    ['an unknown usage', 'POST /v1/keys', post({ usage: ['SIGN'] }), '400 invalid-request'],
    [
      'a usage twice',
      'POST /v1/keys',
      post({ usage: ['ENCRYPT', 'ENCRYPT'] }),
      '400 invalid-request',
    ],
    [
      'an id too long',
      'POST /v1/keys',
      post({ externalKeyId: 'x'.repeat(129) }),
      '400 invalid-request',
    ],
    ['more than 64 KiB', 'POST /v1/keys', post({ more: 'x'.repeat(65_536) }), '413 too-large'],
  ])('%s → $3 in JSON, without a stack', async (_, requestLine, body, expected) => {
    const { socket } = await startAdminServer();
    const [method = '', target = ''] = requestLine.split(' ');
    const answer = await send(socket, method, target, body);
    const error = adminErrorSchema.strict().parse(JSON.parse(answer.body));
    expect(`${String(answer.status)} ${error.code}`).toBe(expected);
    expect(answer.body).not.toContain('node_modules');
  });

  it('a defect → 500 without its message, which the log has', async () => {
    const files = new AdministrationInMemory();
    files.listKeys = () => Promise.reject(new TypeError('a defect'));
    const { socket, log } = await startAdminServer(inForce(files));
    const answer = await send(socket, 'GET', '/v1/keys');
    expect(answer.status).toBe(500);
    expect(answer.body).not.toContain('a defect');
    expect(log.lines()).toMatchObject([{ level: 'error' }]);
  });

  it('creating a key → 201, and one line in the log that says what was asked', async () => {
    const { socket, log } = await startAdminServer();
    const answer = await send(socket, 'POST', '/v1/keys', JSON.stringify(key));
    expect(answer.status).toBe(201);
    expect(log.lines()).toEqual([
      {
        time: expect.any(String) as string,
        level: 'info',
        msg: 'administrative act',
        operation: 'createKey',
        request: key,
        by: userInfo().username,
      },
    ]);
  });

  it('exporting a key store → the secret in the answer and not in the log', async () => {
    const { socket, log } = await startAdminServer();
    const path = '/v1/key-stores/production/xks-proxy-configuration';
    const answer = await send(socket, 'GET', `${path}?accessKeyId=${ACCESS_KEY_ID}`);
    expect(answer.status).toBe(200);
    expect(answer.body).toContain(canaries.secretAccessKey);
    expect(log.lines()).toEqual([
      {
        time: expect.any(String) as string,
        level: 'info',
        msg: 'administrative act',
        operation: 'exportKeyStore',
        request: { keyStore: 'production', accessKeyId: ACCESS_KEY_ID },
        by: userInfo().username,
      },
    ]);
    expect(log.text()).not.toContain(canaries.secretAccessKey);
  });
});
