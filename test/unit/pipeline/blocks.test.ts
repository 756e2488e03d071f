import { describe, expect, it, vi } from 'vitest';
import type { BlockSubject } from '../../../src/authorization/blocks/block.js';
import { BlocksInForce } from '../../../src/authorization/blocks/blocks-in-force.js';
import { encryptBody } from '../../support/xks-requests.js';
import { errorNameOf, incoming, makePipeline, PREFIX } from './harness.js';
import { call, OPERATIONS } from './key-calls.js';

const { awsPrincipalArn: PRINCIPAL } = encryptBody()['requestMetadata'] as {
  readonly awsPrincipalArn: string;
};

function blocked(...subjects: readonly BlockSubject[]) {
  const blocks = new BlocksInForce();
  const change = {
    blocked: true,
    reason: 'incident 4711',
    by: 'alice',
    at: '2026-11-28T12:00:00Z',
  };
  for (const subject of subjects) blocks.hold({ subject, ...change });
  return { ...makePipeline({ blocks }), blocks };
}

describe.each<[string, BlockSubject]>([
  ['key', { kind: 'key', keyManager: 'memory', externalKeyId: 'KEY' }],
  ['key store', { kind: 'key-store', keyStore: 'store' }],
])('a blocked %s', (_, subject) => {
  it('GetKeyMetadata → disabled', async () => {
    const { status, body } = await call(blocked(subject), 'key', 'GetKeyMetadata');
    expect([status, JSON.parse(body)]).toMatchObject([200, { keyStatus: 'DISABLED' }]);
  });

  it.each(['Encrypt', 'Decrypt'] as const)('%s → InvalidStateException', async (operation) => {
    const pipeline = blocked(subject);
    const asked = vi.spyOn(pipeline.keyManager, 'describeKey');
    expect(errorNameOf(await call(pipeline, 'key', operation))).toBe('InvalidStateException');
    expect(asked).not.toHaveBeenCalled();
    expect(pipeline.records[0]).toMatchObject({
      authorization: { decision: 'denied', by: 'block' },
      cause: expect.stringContaining('blocked by alice since') as string,
    });
  });
});

it.each(OPERATIONS)('a blocked principal, %s → AccessDeniedException', async (operation) => {
  const pipeline = blocked({ kind: 'principal', pattern: PRINCIPAL });
  const answer = await call(pipeline, 'key', operation);
  expect(errorNameOf(answer)).toBe('AccessDeniedException');
  expect(answer.body).not.toContain('4711');
});

it('health of a blocked key store → as it is', async () => {
  const pipeline = blocked({ kind: 'key-store', keyStore: 'store' });
  const body = { requestMetadata: { kmsRequestId: 'r', kmsOperation: 'KmsHealthCheck' } };
  expect(errorNameOf(await pipeline.handle(incoming(`${PREFIX}/health`, body).call))).toBe('none');
});

it.each<[string, BlockSubject]>([
  ['of another key manager', { kind: 'key', keyManager: 'other', externalKeyId: 'key' }],
  ['another key', { kind: 'key', keyManager: 'memory', externalKeyId: 'rotated' }],
  ['another key store', { kind: 'key-store', keyStore: 'other' }],
  ['another principal', { kind: 'principal', pattern: 'arn:aws:iam::1:role/other' }],
])('a block of %s → the key is used', async (_, subject) => {
  expect(errorNameOf(await call(blocked(subject), 'key', 'Encrypt'))).toBe('none');
});

it.each<[string, BlockSubject, string]>([
  ['key', { kind: 'key', keyManager: 'memory', externalKeyId: 'key' }, 'InvalidStateException'],
  ['principal', { kind: 'principal', pattern: PRINCIPAL }, 'AccessDeniedException'],
])('a %s is blocked while its key is looked up → not used', async (_, subject, errorName) => {
  const { blocks, ...pipeline } = blocked();
  const { keyManager } = pipeline;
  const describeKey = keyManager.describeKey.bind(keyManager);
  vi.spyOn(keyManager, 'describeKey').mockImplementation((...asked) => {
    const at = '2026-11-28T12:00:00Z';
    blocks.hold({ subject, blocked: true, reason: 'incident', by: 'alice', at });
    return describeKey(...asked);
  });
  const encrypt = vi.spyOn(keyManager, 'encrypt');
  const anew = vi.spyOn(keyManager, 'describeKeyAnew');
  expect(errorNameOf(await call(pipeline, 'key', 'Encrypt'))).toBe(errorName);
  expect(encrypt).not.toHaveBeenCalled();
  expect(anew).not.toHaveBeenCalled();
  expect(pipeline.records[0]?.authorization).toEqual({ decision: 'denied', by: 'block' });
});

it('the key that an alias points to is blocked → the alias cannot be used', async () => {
  const blocks = new BlocksInForce();
  const subject = { kind: 'key', keyManager: 'memory', externalKeyId: 'rotated' } as const;
  blocks.hold({ subject, blocked: true, reason: 'x', by: 'alice', at: '2026-11-28T12:00:00Z' });
  const alias = { keyStore: 'store', enabled: true, targets: ['rotated'] as [string] };
  const aliasOf = (id: string) => (id === 'key' ? alias : undefined);
  const pipeline = makePipeline({ blocks }, undefined, { aliasOf });
  expect(errorNameOf(await call(pipeline, 'key', 'Encrypt'))).toBe('InvalidStateException');
  expect(JSON.parse((await call(pipeline, 'key', 'GetKeyMetadata')).body)).toMatchObject({
    keyStatus: 'DISABLED',
  });
});
