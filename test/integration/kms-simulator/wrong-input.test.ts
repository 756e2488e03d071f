import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { OPERATIONS } from '../../../src/kms-simulator/operations/list.js';
import {
  type RawAnswer,
  sendInput,
  sendSigned,
} from '../../support/kms-simulator/signed-request.js';
import {
  type SimulatorProcess,
  startSimulatorProcess,
} from '../../support/kms-simulator/simulator-process.js';
import { temporaryFolder } from '../../support/temporary-folder.js';
import { MEMBERS, WRONG } from './wrong-values.js';

type Fields = Readonly<Record<string, unknown>>;

let simulator: SimulatorProcess;
beforeAll(async () => {
  simulator = await startSimulatorProcess(join(temporaryFolder(afterAll), 'kms'));
});
afterAll(async () => {
  await simulator.stop();
});

function send(operation: string, input: unknown): Promise<RawAnswer> {
  return sendInput(simulator.endpoint, operation, input);
}

/** Name and message of an exception. */
function exceptionIn({ text }: RawAnswer): { readonly __type?: string; readonly message?: string } {
  return JSON.parse(text) as { __type?: string; message?: string };
}

async function output(operation: string, input: unknown): Promise<Fields> {
  const { status, text } = await send(operation, input);
  expect({ status, text }).toMatchObject({ status: 200 });
  return JSON.parse(text) as Fields;
}

/** One in so many wrong values is tried of each member. */
const WRONG_SHARE = 6;

/** A value for each member of all inputs, with which most operations succeed. */
async function plausible(): Promise<Fields> {
  const { KeyMetadata } = await output('CreateKey', {});
  const { KeyId } = KeyMetadata as { readonly KeyId: string };
  const { CiphertextBlob } = await output('Encrypt', { KeyId, Plaintext: 'YQ==' });
  const principal = 'arn:aws:iam::111122223333:role/clerk';
  const grant = { KeyId, GranteePrincipal: principal, Operations: ['Decrypt'] };
  const { GrantId } = await output('CreateGrant', grant);
  return {
    KeyId,
    TargetKeyId: KeyId,
    DestinationKeyId: KeyId,
    AliasName: `alias/${randomUUID()}`,
    CiphertextBlob,
    Plaintext: 'YQ==',
    GrantId,
    GranteePrincipal: principal,
    RetiringPrincipal: principal,
    Operations: ['Decrypt'],
    NumberOfBytes: 16,
    Description: '',
    Tags: [],
    TagKeys: [],
    PolicyName: 'default',
    Policy: '{"Version":"2012-10-17","Statement":[]}',
  };
}

describe('wrong input', () => {
  it.each(OPERATIONS.map(({ name }, index) => ({ name, index })))(
    '$name with each member wrong in several ways → an exception of KMS, never a 500',
    async ({ name, index }) => {
      const given = await plausible();
      const strange: unknown[] = [];
      for (const [at, member] of MEMBERS.entries()) {
        // Others for each operation, so that all are tried of a member that several have.
        const values = WRONG.filter((_, number) => (number + index + at) % WRONG_SHARE === 0);
        const inputs = values.map((value) => ({ ...given, [member]: value }));
        const answers = await Promise.all(inputs.map((input) => send(name, input)));
        strange.push(...answers.filter((answer) => !isLawful(answer)));
      }
      expect(strange).toEqual([]);
    },
  );

  it.each(OPERATIONS.map(({ name }) => name))(
    '%s with all members wrong in the same way → an exception of KMS, never a 500',
    async (name) => {
      const inputs = WRONG.map((value) => Object.fromEntries(MEMBERS.map((key) => [key, value])));
      const answers = await Promise.all(inputs.map((input) => send(name, input)));
      expect(answers.filter((answer) => !isLawful(answer))).toEqual([]);
    },
  );

  function isLawful(answer: RawAnswer): boolean {
    if (answer.status === 200) return true;
    const { __type: type = '' } = exceptionIn(answer);
    return answer.status === 400 && /^[A-Z]\w+Exception$/.test(type);
  }

  it.each([
    { what: 'no JSON', body: '{"KeyId":' },
    { what: 'no object', body: '[]' },
    { what: 'a text', body: '"text"' },
    { what: 'bytes that are no UTF-8', body: Buffer.of(0x7b, 0x22, 0xff, 0xfe, 0x22, 0x3a) },
    {
      what: 'lists in lists, 200,000 deep',
      body: `{"Tags":${'['.repeat(200_000)}${']'.repeat(200_000)}}`,
    },
    {
      what: 'objects in objects, 100,000 deep',
      body: `${'{"a":'.repeat(100_000)}1${'}'.repeat(100_000)}`,
    },
    { what: 'a number for a text', body: '{"KeyId":1}' },
  ])('a body of $what → SerializationException', async ({ body }) => {
    const answer = await sendSigned(simulator.endpoint, {
      target: 'TrentService.TagResource',
      body,
    });
    expect(answer.status).toBe(400);
    expect(exceptionIn(answer).__type).toBe('SerializationException');
  });

  it.each([
    { what: 'no operation', target: undefined },
    { what: 'an operation of another service', target: 'DynamoDB_20120810.ListTables' },
    { what: 'an operation that KMS does not have', target: 'TrentService.MakeCoffee' },
    { what: 'the name of a property of objects', target: 'TrentService.constructor' },
  ])('$what → UnknownOperationException', async ({ target }) => {
    const answer = await sendSigned(simulator.endpoint, { target });
    expect(answer.status).toBe(400);
    expect(exceptionIn(answer).__type).toBe('UnknownOperationException');
  });

  it('a body of 2 MB → refused with 413', async () => {
    const body = JSON.stringify({ KeyId: 'k'.repeat(2_000_000) });
    const answer = await sendSigned(simulator.endpoint, { body });
    expect(answer.status).toBe(413);
  });

  it.each([
    { what: 'without a signature', headers: { Authorization: undefined } },
    { what: 'with another scheme', headers: { Authorization: 'Basic YTpi' } },
    { what: 'with a date of another form', headers: { 'X-Amz-Date': 'yesterday' } },
    { what: 'with a date ten minutes ago', headers: { 'X-Amz-Date': amzDate(-600_000) } },
    {
      what: 'with a target that was not signed',
      headers: { 'X-Amz-Target': 'TrentService.CreateKey' },
    },
  ])('a request $what → refused', async ({ headers }) => {
    const answer = await sendSigned(simulator.endpoint, { headers });
    expect(answer.status).toBe(400);
    expect(exceptionIn(answer).__type).toMatch(
      /^(MissingAuthenticationToken|IncompleteSignature|InvalidSignature)Exception$/,
    );
  });

  it.each([
    { what: 'GET', request: { method: 'GET', body: '' } },
    { what: 'PUT', request: { method: 'PUT' } },
    { what: 'another path', request: { path: '/elsewhere' } },
  ])('$what → UnknownOperationException with 404', async ({ request }) => {
    const answer = await sendSigned(simulator.endpoint, request);
    expect(answer.status).toBe(404);
    expect(exceptionIn(answer).__type).toBe('UnknownOperationException');
  });

  it('a target that is not among the signed headers → refused', async () => {
    const answer = await sendSigned(simulator.endpoint, { unsigned: 'x-amz-target' });
    expect(exceptionIn(answer).__type).toBe('IncompleteSignatureException');
  });

  it('a pair of the encryption context named __proto__ → bound like any other', async () => {
    const { KeyMetadata } = await output('CreateKey', {});
    const { KeyId } = KeyMetadata as { readonly KeyId: string };
    const context = '{"__proto__":"a"}';
    const body = `{"KeyId":"${KeyId}","Plaintext":"YQ==","EncryptionContext":${context}}`;
    const target = 'TrentService.Encrypt';
    const { text } = await sendSigned(simulator.endpoint, { target, body });
    const { CiphertextBlob } = JSON.parse(text) as Fields;
    const without = await send('Decrypt', { CiphertextBlob });
    expect(exceptionIn(without).__type).toBe('InvalidCiphertextException');
    const opened = await sendSigned(simulator.endpoint, {
      target: 'TrentService.Decrypt',
      body: `{"CiphertextBlob":"${String(CiphertextBlob)}","EncryptionContext":${context}}`,
    });
    expect(opened.status).toBe(200);
  });

  it('every answer → names its request, and is of the type of the protocol', async () => {
    for (const answer of [await send('ListKeys', {}), await send('ListKeys', { Limit: 0 })]) {
      expect(answer.headers['x-amzn-requestid']).toMatch(/^[0-9a-f-]{36}$/);
      expect(answer.headers['content-type']).toBe('application/x-amz-json-1.1');
    }
  });

  it.each([
    {
      input: { KeyId: '' },
      message:
        "1 validation error detected: Value '' at 'keyId' failed to satisfy constraint: Member must have length greater than or equal to 1",
    },
    {
      input: {},
      message:
        "1 validation error detected: Value null at 'keyId' failed to satisfy constraint: Member must not be null",
    },
    {
      input: { KeyId: 'k'.repeat(2049) },
      message: `1 validation error detected: Value '${'k'.repeat(2049)}' at 'keyId' failed to satisfy constraint: Member must have length less than or equal to 2048`,
    },
  ])("$input → KMS's own text", async ({ input, message }) => {
    expect(exceptionIn(await send('DescribeKey', input))).toEqual({
      __type: 'ValidationException',
      message,
    });
  });

  it('two members wrong → both in one message', async () => {
    const answer = await send('ScheduleKeyDeletion', { KeyId: '', PendingWindowInDays: 400 });
    expect(exceptionIn(answer).message).toMatch(
      /^2 validation errors detected: Value .* at 'keyId' .*; Value .* at 'pendingWindowInDays' /,
    );
  });

  it('all of this → no fault of the simulator itself', () => {
    expect(simulator.log()).not.toMatch(/error|at .*\.js:\d+/i);
  });
});

/** A time as SigV4 has it. @param fromNow in ms */
function amzDate(fromNow: number): string {
  return new Date(Date.now() + fromNow).toISOString().replaceAll(/[-:]|\.\d{3}/g, '');
}
