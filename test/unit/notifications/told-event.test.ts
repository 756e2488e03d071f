import { describe, expect, it } from 'vitest';
import { auditRecordSchema } from '../../../src/audit/record/index.js';
import { cloudEventOf, sourceOf } from '../../../src/notifications/cloud-event.js';
import type { EventName, EventOf } from '../../../src/notifications/events.js';
import { toldEvent } from '../../../src/notifications/told-event.js';

const TIME = '2026-11-28T12:00:00.000Z';
const key = { keyManager: 'hsm', externalKeyId: 'payroll' } as const;
const expiresAt = '2026-12-28T12:00:00.000Z';

/** One of each, with all of its fields. */
const EVERY_EVENT: { readonly [Name in EventName]: EventOf<Name> } = {
  'key-rotated': { event: 'key-rotated', ...key, keyVersion: 2, cause: 'schedule', by: 'ops' },
  'key-rotation-failed': {
    ...{ event: 'key-rotation-failed', ...key, keyVersion: 2, cause: 'on-demand', by: 'ops' },
    reason: 'the token is full',
  },
  'key-expiring': { event: 'key-expiring', ...key, keyVersion: 1, expiresAt, daysLeft: 30 },
  'key-expired': { event: 'key-expired', ...key, keyVersion: 1, expiresAt },
  'key-pending-deletion-used': {
    ...{ event: 'key-pending-deletion-used', ...key, keyStore: 'payroll', operation: 'Decrypt' },
    awsPrincipalArn: 'arn:aws:iam::111122223333:role/app',
    kmsOperation: 'Decrypt',
    kmsRequestId: '0e0a1e7c',
    kmsKeyArn: 'arn:aws:kms:eu-central-1:111122223333:key/1',
    accessKeyId: 'A'.repeat(20),
    deletionAt: expiresAt,
  },
  'key-destroyed': {
    ...{ event: 'key-destroyed', ...key, extent: 'key', materialNames: ['00aa'] },
    by: 'ops',
    certificate: '/var/lib/holdfast/certificates/payroll.jws',
  },
  'destroyed-key-appeared': {
    ...{ event: 'destroyed-key-appeared', ...key, destroyedAt: TIME, materialNames: ['00aa'] },
  },
  'destruction-not-proven': {
    ...{ event: 'destruction-not-proven', ...key, extent: 'key', reason: 'it is not signed' },
    ...{ destroyedAt: TIME, materialNames: ['00aa'] },
  },
  'key-imported': { event: 'key-imported', ...key, keyVersion: 1, by: 'ops', expiresAt },
  'encryption-budget-low': {
    ...{ event: 'encryption-budget-low', ...key, keyVersion: 1 },
    ...{ encryptionsLeft: 7, encryptionLimit: 100 },
  },
  'certificate-expiring': {
    event: 'certificate-expiring',
    listener: 'xks',
    expiresAt,
    daysLeft: 7,
  },
  'credential-expiring': {
    ...{ event: 'credential-expiring', keyStore: 'production', accessKeyId: 'AAAA' },
    ...{ expiresAt, daysLeft: 7 },
  },
  'node-down': {
    ...{ event: 'node-down', keyManager: 'hsm', node: 'a', location: 'Berlin' },
    ...{ health: 'UNAVAILABLE', reason: 'no answer' },
  },
  'node-up': {
    ...{ event: 'node-up', keyManager: 'hsm', node: 'a', location: 'Berlin' },
    ...{ health: 'ACTIVE', reason: 'it answers' },
  },
  'policy-error': {
    ...{ event: 'policy-error', keyStore: 'payroll', policySet: 'a'.repeat(64) },
    reason: 'base.cedar#1: integer overflow',
  },
  'break-glass-opened': {
    ...{ event: 'break-glass-opened', keyStore: 'payroll', reason: 'INC-1', by: 'ops', expiresAt },
  },
  'break-glass-closed': { event: 'break-glass-closed', keyStore: 'payroll', by: 'ops' },
  'reload-failed': {
    event: 'reload-failed',
    file: '/etc/holdfast/holdfast.yaml',
    trigger: 'files',
    reason: 'the key does not belong to the certificate',
  },
  'notifications-dropped': {
    event: 'notifications-dropped',
    webhook: 'siem',
    count: 3,
    reason: 'full',
  },
  'notification-test': { event: 'notification-test', webhook: 'siem', by: 'ops' },
};

const events = Object.values(EVERY_EVENT);

describe('toldEvent', () => {
  it.each(events)('$event → every one of its fields, and its repetitions', (event) => {
    const { event: name, ...fields } = event;
    expect(toldEvent(event, TIME, 4)).toMatchObject({ event: name, time: TIME });
    expect(toldEvent(event, TIME, 4).fields).toEqual({ ...fields, repeated: 4 });
  });

  it.each(events)('$event → a record that the audit log takes', (event) => {
    const { event: name, severity, fields } = toldEvent(event, TIME);
    const envelope = { schema: 1, sequence: 0, time: TIME, replica: 'a' };
    const record = { type: 'event', ...envelope, event: name, severity, ...fields };
    expect(auditRecordSchema.parse(record)).toEqual(record);
  });

  it('absent fields → left out', () => {
    const event = { ...EVERY_EVENT['key-rotated'], by: undefined };
    expect(Object.keys(toldEvent(event, TIME).fields)).not.toContain('by');
  });

  it('texts that are long, or no Unicode → cut, and mended', () => {
    const reason = `${'x'.repeat(2_047)}😀\ud800`;
    const event = { ...EVERY_EVENT['key-rotation-failed'], reason };
    const { fields } = toldEvent(event, TIME);
    expect(fields.reason?.isWellFormed()).toBe(true);
    expect(fields.reason).toMatch(/^x{2047}.\.\.\.$/u);
  });

  it('more names than anybody reads → the first of them', () => {
    const materialNames = Array.from({ length: 500 }, (_, at) => String(at));
    const event = { ...EVERY_EVENT['key-destroyed'], materialNames };
    expect(toldEvent(event, TIME).fields.materialNames).toEqual(materialNames.slice(0, 100));
  });
});

describe('cloudEventOf', () => {
  it.each(events)('$event → CloudEvents 1.0', (event) => {
    const { data, ...attributes } = cloudEventOf(toldEvent(event, TIME), {
      id: '11111111-2222-3333-4444-555555555555',
      source: sourceOf('proxy 1'),
    });
    expect(attributes).toEqual({
      specversion: '1.0',
      id: '11111111-2222-3333-4444-555555555555',
      source: '/holdfast/proxy%201',
      type: `holdfast.${event.event}`,
      subject: expect.stringMatching(
        /^(hsm\/(payroll|a)|production\/AAAA|xks|siem|payroll|\/etc\/holdfast\/holdfast\.yaml)$/,
      ) as unknown,
      time: TIME,
      datacontenttype: 'application/json',
      severity: expect.stringMatching(/^(info|warning|critical)$/) as unknown,
    });
    // Section 3.1: names of attributes are lower-case letters and digits.
    for (const name of Object.keys(attributes)) expect(name).toMatch(/^[a-z0-9]{1,20}$/);
    const { fields } = toldEvent(event, TIME);
    expect(data).toEqual({ message: expect.stringMatching(/\.$/) as unknown, ...fields });
  });
});
