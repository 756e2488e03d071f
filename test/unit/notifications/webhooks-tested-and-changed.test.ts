import { createHmac } from 'node:crypto';
import { describe, expect, it, vi } from 'vitest';
import type { EventName } from '../../../src/notifications/events.js';
import { Secret } from '../../../src/shared/secret.js';
import {
  configOf,
  NOBODY,
  openNotifications,
  rotated,
  TERMS,
  versionsOf,
} from '../../support/notifications.js';
import { temporaryFolder } from '../../support/temporary-folder.js';
import { WebhookReceiver } from '../../support/webhook-receiver.js';

describe('a test of a webhook', () => {
  it('a receiver that takes it → its status, and nothing in the queue', async () => {
    const receiver = await WebhookReceiver.start();
    const { notifications } = await openNotifications([
      configOf(receiver.url, { ca: receiver.ca }),
    ]);
    expect(await notifications.test('siem', 'ops')).toEqual({ kind: 'accepted', status: 204 });
    expect(receiver.events).toMatchObject([{ type: 'holdfast.notification-test' }]);
    expect(notifications.notifier.webhooks[0]).toMatchObject({ queued: 0, delivered: 0 });
  });

  it.each([
    [401, { kind: 'refused', status: 401, words: 'the receiver answered 401' }],
    [500, { kind: 'failed', status: 500, words: 'the receiver answered 500' }],
    [307, { kind: 'failed', words: expect.stringContaining('a redirect') as unknown }],
  ])('%d → told as it is, and not sent again', async (status, outcome) => {
    const receiver = await WebhookReceiver.start();
    receiver.answerWith({ status, headers: { location: receiver.url } });
    const { notifications } = await openNotifications([
      configOf(receiver.url, { ca: receiver.ca }),
    ]);
    expect(await notifications.test('siem', 'ops')).toMatchObject(outcome);
    expect(receiver.received).toHaveLength(1);
  });

  it('a receiver whose certificate nobody vouches for → told, and nothing is sent', async () => {
    const receiver = await WebhookReceiver.start();
    const { notifications } = await openNotifications([configOf(receiver.url)]);
    expect(await notifications.test('siem', 'ops')).toMatchObject({
      kind: 'failed',
      words: expect.stringMatching(/^no trusted connection .*\([A-Z_]+\)$/) as unknown,
    });
    expect(receiver.received).toHaveLength(0);
  });

  it('a CA file that is not there → named', async () => {
    const ca = '/nowhere/ca.pem';
    const { notifications } = await openNotifications([configOf(NOBODY, { ca })]);
    expect(await notifications.test('siem', 'ops')).toMatchObject({
      kind: 'failed',
      words: 'the file /nowhere/ca.pem cannot be read (ENOENT)',
    });
  });

  it('an endless answer → taken for its status, and cut off', async () => {
    const receiver = await WebhookReceiver.start();
    receiver.answerWith({ status: 200, body: 'x'.repeat(4_000_000) });
    const { notifications } = await openNotifications([
      configOf(receiver.url, { ca: receiver.ca }),
    ]);
    expect(await notifications.test('siem', 'ops')).toEqual({ kind: 'accepted', status: 200 });
  });

  it('a name that no webhook has → undefined', async () => {
    const { notifications } = await openNotifications([]);
    expect(await notifications.test('siem', 'ops')).toBeUndefined();
  });
});

describe('other webhooks while events wait', () => {
  const SLOW = { ...TERMS, firstMs: 600_000, longestMs: 600_000 };

  it('another address, secret and list of events → what waits goes there at once, in order', async () => {
    const receiver = await WebhookReceiver.start();
    const { notifications, tell, log } = await openNotifications(
      [configOf(NOBODY)],
      undefined,
      SLOW,
    );
    tell(rotated(2));
    await vi.waitFor(() => {
      expect(log.text()).toContain('the webhook does not take events');
    });
    tell(rotated(3));
    const secret = new Secret(`whsec_${Buffer.alloc(24, 7).toString('base64')}`);
    const events: EventName[] = ['key-rotated'];
    const changed = configOf(receiver.url, { ca: receiver.ca, secret, events });
    const next = await notifications.prepare([changed]);
    expect(receiver.received).toEqual([]);
    next.begin();
    await receiver.gets(2);
    expect(versionsOf(receiver)).toEqual([2, 3]);
    const [{ headers, body } = { headers: {}, body: '' }] = receiver.received;
    const signed = `${String(headers['webhook-id'])}.${String(headers['webhook-timestamp'])}.${body}`;
    const mac = createHmac('sha256', Buffer.alloc(24, 7)).update(signed).digest('base64');
    expect(headers['webhook-signature']).toBe(`v1,${mac}`);
    await vi.waitFor(() => {
      expect(notifications.notifier.webhooks).toMatchObject([{ webhook: 'siem', queued: 0 }]);
    });
  });

  it('one that is gone → nothing more for it; the same name again → what had waited is sent', async () => {
    const receiver = await WebhookReceiver.start();
    const { notifications, tell, log } = await openNotifications(
      [configOf(NOBODY)],
      undefined,
      SLOW,
    );
    tell(rotated(2));
    (await notifications.prepare([])).begin();
    tell(rotated(3));
    expect(notifications.notifier.webhooks).toEqual([]);
    const again = await notifications.prepare([configOf(receiver.url, { ca: receiver.ca })]);
    expect(log.text()).toContain('nobody gets them');
    again.begin();
    tell(rotated(4));
    await receiver.gets(2);
    expect(versionsOf(receiver)).toEqual([2, 4]);
  });

  it('the first one, whose folder is in use → refused; not begun → as before', async () => {
    const directory = temporaryFolder();
    const other = await openNotifications([configOf(NOBODY)], directory);
    const { notifications } = await openNotifications([], directory);
    await expect(notifications.prepare([configOf(NOBODY)])).rejects.toThrow('is in use');
    await other.close();
    await (await notifications.prepare([configOf(NOBODY)])).undo();
    expect(notifications.notifier.webhooks).toEqual([]);
    await openNotifications([configOf(NOBODY)], directory);
  });
});
