import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { describe, expect, it, onTestFinished } from 'vitest';
import type { Call } from '../../../../src/kms-simulator/call.js';
import type { Outcome } from '../../../../src/kms-simulator/events/finished-call.js';
import { KmsException } from '../../../../src/kms-simulator/exceptions.js';
import type { Operation } from '../../../../src/kms-simulator/operations/operation.js';
import { CallerCheck } from '../../../../src/kms-simulator/protocol/caller-check.js';
import { KmsApi } from '../../../../src/kms-simulator/protocol/kms-api.js';
import { systemClock } from '../../../../src/shared/clock.js';
import { openKeys } from '../../../support/kms-simulator/key-ring.js';
import { type RawRequest, sendSigned } from '../../../support/kms-simulator/signed-request.js';
import { ALICE, REGION } from '../../../support/kms-simulator/simulator-process.js';

const SESSION = 'arn:aws:sts::111122223333:assumed-role/Alice/session';
const CALLER = { ...ALICE, session: SESSION, viaService: 's3.eu-west-1.amazonaws.com' };
const KEY = { arn: 'arn:aws:kms:eu-west-1:111122223333:key/1' };

/** An API whose only operation is ListKeys, and is played by a test. */
async function startApi(perform: Operation['perform']) {
  const finished: { readonly call: Call; readonly outcome: Outcome }[] = [];
  const errors: unknown[] = [];
  const api = new KmsApi({
    operations: [{ name: 'ListKeys', perform }],
    kms: (await openKeys()).kms,
    callers: new CallerCheck([CALLER], REGION, systemClock),
    listener: { finished: (call, outcome) => finished.push({ call, outcome }) },
    onError: (error) => errors.push(error),
  });
  const server = createServer((request, response) => {
    void api.answer(request, response);
  });
  server.listen(0, '127.0.0.1');
  onTestFinished(() => {
    server.close();
    server.closeAllConnections();
  });
  await once(server, 'listening');
  const endpoint = `http://127.0.0.1:${String((server.address() as AddressInfo).port)}`;
  const send = async (request: RawRequest = {}) => {
    const { status, headers, text } = await sendSigned(endpoint, request);
    return { status, headers, body: JSON.parse(text) as Record<string, unknown> };
  };
  return { send, finished, errors };
}

function refusing(error: Error): Operation['perform'] {
  return (_input, { used }) => {
    used.push(KEY);
    return Promise.reject(error);
  };
}

describe('a call', () => {
  it('that succeeds → its output, and CloudTrail is told who called, with what, about which keys', async () => {
    const { send, finished, errors } = await startApi((_input, { used }) => {
      used.push(KEY);
      return Promise.resolve({ Keys: [], Truncated: false });
    });
    const headers = { 'user-agent': 'aws-cli/2' };
    const { status, body, headers: answered } = await send({ body: '{"Limit":5}', headers });
    expect({ status, body }).toEqual({ status: 200, body: { Keys: [], Truncated: false } });
    expect(answered['content-type']).toBe('application/x-amz-json-1.1');
    const requestId = answered['x-amzn-requestid'];
    expect(finished).toEqual([
      {
        call: {
          requestId,
          operation: 'ListKeys',
          principalArn: ALICE.principal,
          sessionArn: SESSION,
          accessKeyId: ALICE.accessKeyId,
          account: '111122223333',
          viaService: CALLER.viaService,
          sourceVpc: undefined,
          sourceVpce: undefined,
          sourceAddress: '127.0.0.1',
          userAgent: 'aws-cli/2',
        },
        outcome: { input: { Limit: 5 }, keys: [KEY], output: body },
      },
    ]);
    expect(errors).toEqual([]);
  });

  it.each([
    ['with a text', new KmsException('DisabledException', 'it is'), { message: 'it is' }, 400],
    ['without one', new KmsException('InvalidCiphertextException', ''), {}, 400],
    ['with a status of its own', new KmsException('KMSInternalException', '', 500), {}, 500],
  ])(
    'that is refused, %s → the exception, for the caller and for CloudTrail',
    async (_, error, message, status) => {
      const { send, finished, errors } = await startApi(refusing(error));
      const answer = await send();
      expect(answer).toMatchObject({ status, body: { __type: error.name, ...message } });
      expect('message' in answer.body).toBe('message' in message);
      expect(finished.map(({ outcome }) => outcome)).toEqual([
        { input: {}, keys: [KEY], error: { name: error.name, message: error.message } },
      ]);
      expect(errors).toEqual([]);
    },
  );

  it('in which the simulator has a fault → KMSInternalException that quotes nothing, and the fault is told', async () => {
    const fault = new TypeError('canary: the plaintext');
    const { send, finished, errors } = await startApi(refusing(fault));
    const { status, body } = await send();
    expect({ status, name: body['__type'] }).toEqual({ status: 500, name: 'KMSInternalException' });
    expect(JSON.stringify([body, finished])).not.toContain('canary');
    expect(errors).toEqual([fault]);
  });

  it.each<readonly [string, RawRequest, number, string]>([
    ['of no operation', { target: undefined }, 400, 'UnknownOperationException'],
    [
      'of an operation that KMS has not',
      { target: 'TrentService.Open' },
      400,
      'UnknownOperationException',
    ],
    [
      'of another service',
      { target: 'DynamoDB_20120810.ListKeys' },
      400,
      'UnknownOperationException',
    ],
    [
      'of a name that all objects have',
      { target: 'TrentService.constructor' },
      400,
      'UnknownOperationException',
    ],
    ['to another path', { path: '/ListKeys' }, 404, 'UnknownOperationException'],
    ['by GET', { method: 'GET', body: '' }, 404, 'UnknownOperationException'],
    ['with no JSON', { body: '{' }, 400, 'SerializationException'],
    ['with a list', { body: '[]' }, 400, 'SerializationException'],
    [
      'with JSON of a thousand levels',
      { body: `${'{"a":'.repeat(1_000)}1${'}'.repeat(1_000)}` },
      400,
      'SerializationException',
    ],
    [
      'of more than a megabyte',
      { body: `{"a":"${'x'.repeat(1_048_576)}"}` },
      413,
      'RequestEntityTooLargeException',
    ],
    [
      'without a signature',
      { headers: { Authorization: undefined } },
      400,
      'MissingAuthenticationTokenException',
    ],
  ])('%s → %d %s, and no operation runs', async (_, request, status, name) => {
    const { send, finished, errors } = await startApi(() => {
      throw new Error('it runs');
    });
    const answer = await send(request);
    expect({ status: answer.status, name: answer.body['__type'] }).toEqual({ status, name });
    expect(finished).toEqual([]);
    expect(errors).toEqual([]);
  });

  it('without a body → an empty input', async () => {
    const { send, finished } = await startApi(() => Promise.resolve({}));
    expect((await send({ body: '' })).status).toBe(200);
    expect(finished[0]?.outcome.input).toEqual({});
  });
});
