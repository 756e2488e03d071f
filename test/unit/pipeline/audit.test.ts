import { describe, expect, it, vi } from 'vitest';
import { AuditTimeoutError, AuditUnavailableError } from '../../../src/audit/trail/errors.js';
import type { RequestAudit } from '../../../src/pipeline/context.js';
import type { RequestFields } from '../../../src/audit/record/index.js';
import { encryptBody, healthBody } from '../../support/xks-requests.js';
import { errorNameOf, fieldsOf, incoming, makePipeline, PREFIX } from './harness.js';

const ENCRYPT = `${PREFIX}/keys/key/encrypt`;

/** An audit trail that records everything, but for what a test says. */
function auditWith(overrides: Partial<RequestAudit> = {}) {
  const recorded: RequestFields[] = [];
  const audit = {
    isRefusing: false,
    assertRecording: vi.fn<RequestAudit['assertRecording']>(),
    recordAbandoned: vi.fn<RequestAudit['recordAbandoned']>(),
    recordRequest: vi.fn<RequestAudit['recordRequest']>((request) =>
      Promise.resolve(recorded.push(fieldsOf(request)) - 1),
    ),
    ...overrides,
  };
  return { ...makePipeline({ audit }), audit, recorded };
}

const failingWith = (error: Error) => ({
  recordRequest: vi.fn<RequestAudit['recordRequest']>(() => Promise.reject(error)),
});

describe('an answer', () => {
  it('waits for its record, which says how the request ended', async () => {
    const pipeline = auditWith();
    const answer = await pipeline.handle(incoming(ENCRYPT, encryptBody()).call);
    expect(answer.status).toBe(200);
    expect(pipeline.recorded).toMatchObject([
      {
        operation: 'Encrypt',
        status: 200,
        authorization: { decision: 'allowed' },
        node: 'memory-1',
      },
    ]);
    expect(pipeline.recorded[0]?.durationUs).toBeGreaterThan(0);
    expect(pipeline.audit.recordAbandoned).not.toHaveBeenCalled();
  });

  it.each([
    ['AuditUnavailableError', new AuditUnavailableError('full'), 'InternalException', 500],
    ['AuditTimeoutError', new AuditTimeoutError('late', 19), 'DependencyTimeoutException', 503],
    [
      'one of a process that stood still',
      new AuditTimeoutError('late', 20),
      'ThrottlingException',
      429,
    ],
    ['a defect', new Error('defect'), 'InternalException', 500],
  ] as const)(
    'whose record fails with %s → %s is answered instead',
    async (_, error, name, status) => {
      const pipeline = auditWith(failingWith(error));
      const answer = await pipeline.handle(incoming(ENCRYPT, encryptBody()).call);
      expect(errorNameOf(answer)).toBe(name);
      expect(answer.body).not.toContain('ciphertext"');
      expect(pipeline.records).toMatchObject([{ status, errorName: name }]);
    },
  );

  it('that lay unseen in a busy process, and whose record is late → ThrottlingException', async () => {
    const pipeline = auditWith(failingWith(new AuditTimeoutError('late')));
    const { call } = incoming(ENCRYPT, encryptBody(), { unseenMs: 1 });
    expect(errorNameOf(await pipeline.handle(call))).toBe('ThrottlingException');
    expect(pipeline.records[0]?.cause).toMatch(/^overload: it lay unseen/);
  });

  it('that nobody is there to take → a second record', async () => {
    const pipeline = auditWith();
    const { call } = incoming(ENCRYPT, encryptBody());
    await pipeline.handle({ ...call, isAbandoned: () => true });
    expect(pipeline.audit.recordAbandoned).toHaveBeenCalledWith(
      expect.objectContaining({ record: 0, reason: 'client-gone' }),
    );
  });
});

describe('while nothing can be recorded', () => {
  const refusing = {
    isRefusing: true,
    assertRecording: () => {
      throw new AuditUnavailableError('full');
    },
  };

  it('no key is used', async () => {
    const pipeline = auditWith(refusing);
    const encrypt = vi.spyOn(pipeline.keyManager, 'encrypt');
    const answer = await pipeline.handle(incoming(ENCRYPT, encryptBody()).call);
    expect(errorNameOf(answer)).toBe('InternalException');
    expect(encrypt).not.toHaveBeenCalled();
  });

  it('health is UNAVAILABLE', async () => {
    const pipeline = auditWith(refusing);
    const answer = await pipeline.handle(incoming(`${PREFIX}/health`, healthBody()).call);
    expect(JSON.parse(answer.body)).toMatchObject({
      ekmFleetDetails: [{ healthStatus: 'UNAVAILABLE' }],
    });
  });
});

describe('a key that the key store does not expose', () => {
  it('is recorded as denied', async () => {
    const pipeline = auditWith();
    await pipeline.handle(incoming(`${PREFIX}/keys/hidden/encrypt`, encryptBody()).call);
    expect(pipeline.recorded).toMatchObject([
      { authorization: { decision: 'denied' }, errorName: 'KeyNotFoundException' },
    ]);
  });
});
