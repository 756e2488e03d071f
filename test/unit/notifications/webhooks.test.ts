import { createHmac } from 'node:crypto';
import { readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it, vi } from 'vitest';
import type { EventName } from '../../../src/notifications/events.js';
import { canaries } from '../../support/canaries.js';
import {
  configOf,
  NOBODY,
  openNotifications,
  rotated,
  versionsOf,
} from '../../support/notifications.js';
import { temporaryFolder } from '../../support/temporary-folder.js';
import { WebhookReceiver } from '../../support/webhook-receiver.js';

describe('a webhook', () => {
  it('an event → CloudEvents 1.0 in structured mode, with a signature that holds', async () => {
    const receiver = await WebhookReceiver.start();
    const { tell } = await openNotifications([configOf(receiver.url, { ca: receiver.ca })]);
    tell(rotated(2));
    const [request] = await receiver.gets(1);
    const { headers, body = '' } = request ?? {};
    expect(headers?.['content-type']).toBe('application/cloudevents+json; charset=utf-8');
    expect(JSON.parse(body)).toMatchObject({
      specversion: '1.0',
      id: headers?.['webhook-id'],
      source: '/holdfast/proxy-1',
      type: 'holdfast.key-rotated',
      subject: 'hsm/payroll',
      data: { keyVersion: 2, cause: 'schedule' },
    });
    const { 'webhook-id': id, 'webhook-timestamp': timestamp } = headers ?? {};
    const mac = createHmac('sha256', canaries.webhookSecret);
    const signed = `${String(id)}.${String(timestamp)}.${body}`;
    const signature = mac.update(signed).digest('base64');
    expect(headers?.['webhook-signature']).toBe(`v1,${signature}`);
  });

  it.each([500, 503, 429, 408, 302])(
    '%d → the same event again, until it is taken, and the next ones after it',
    async (status) => {
      const receiver = await WebhookReceiver.start();
      receiver.answerWith(status, { status, headers: { 'retry-after': '0', location: '/' } });
      const { tell } = await openNotifications([configOf(receiver.url, { ca: receiver.ca })]);
      tell(rotated(2));
      tell(rotated(3));
      const received = await receiver.gets(4);
      const ids = received.map(({ headers }) => headers['webhook-id']);
      expect(new Set(ids.slice(0, 3)).size).toBe(1);
      expect(versionsOf(receiver)).toEqual([2, 3]);
    },
  );

  it('an event that is refused three times → given up, told, and the next one is sent', async () => {
    const receiver = await WebhookReceiver.start();
    receiver.answerWith(400, 400, 400);
    const { tell, notifications, records, close } = await openNotifications([
      configOf(receiver.url, { ca: receiver.ca }),
    ]);
    tell(rotated(2));
    tell(rotated(3));
    await receiver.gets(5);
    // What it has missed, the receiver is told when it takes events again.
    expect(receiver.events.map(({ type }) => type)).toEqual([
      'holdfast.key-rotated',
      'holdfast.key-rotated',
      'holdfast.notifications-dropped',
    ]);
    expect(notifications.notifier.webhooks[0]).toMatchObject({ dropped: 1, failedAttempts: 3 });
    await close();
    const reason = 'the receiver answered 400, 3 times';
    expect(records.at(-1)).toMatchObject({ event: 'notifications-dropped', count: 1, reason });
  });

  it('an event at which the receiver always fails → given up and told; the others are sent', async () => {
    const receiver = await WebhookReceiver.start();
    receiver.spoil((body) => (/"keyVersion":[24]\b/u.test(body) ? { status: 500 } : undefined));
    const { tell, notifications, records, close } = await openNotifications([
      configOf(receiver.url, { ca: receiver.ca }),
    ]);
    for (const version of [2, 3, 4, 5, 6]) tell(rotated(version));
    const isDone = () => notifications.notifier.webhooks[0]?.queued === 0;
    await expect.poll(isDone, { timeout: 5_000 }).toBe(true);
    expect(versionsOf(receiver).filter(Boolean)).toEqual([2, 3, 4, 5, 6]);
    expect(notifications.notifier.webhooks[0]).toMatchObject({ dropped: 2, stuckMs: 0 });
    await close();
    const reason = 'the receiver answered 500, and took others';
    expect(records.at(-1)).toMatchObject({ event: 'notifications-dropped', count: 2, reason });
  });

  it('a receiver that fails at everything for long → nothing is given up', async () => {
    const receiver = await WebhookReceiver.start();
    let isWell = false;
    receiver.spoil(() => (isWell ? undefined : { status: 503 }));
    const { tell, notifications } = await openNotifications([
      configOf(receiver.url, { ca: receiver.ca }),
    ]);
    for (const version of [2, 3, 4]) tell(rotated(version));
    await receiver.gets(20);
    isWell = true;
    await vi.waitFor(
      () => {
        expect(notifications.notifier.webhooks[0]).toMatchObject({ queued: 0, dropped: 0 });
      },
      { timeout: 5_000 },
    );
    expect(notifications.notifier.webhooks[0]).toMatchObject({ delivered: 3 });
  });

  it('a receiver that is away → its events wait, the oldest are given up, and it is told', async () => {
    const receiver = await WebhookReceiver.start();
    const away = configOf(NOBODY, { ca: receiver.ca });
    const directory = temporaryFolder();
    const first = await openNotifications([away], directory);
    for (let version = 1; version <= 13; version += 1) first.tell(rotated(version));
    await vi.waitFor(() => {
      expect(first.notifications.notifier.webhooks[0]?.problem).toMatch(/ECONNREFUSED/);
    });
    expect(first.notifications.notifier.webhooks[0]).toMatchObject({ queued: 10, dropped: 3 });
    await first.close();
    expect(first.records.at(-1)).toMatchObject({ event: 'notifications-dropped', count: 3 });
    await openNotifications([{ ...away, url: receiver.url }], directory);
    await receiver.gets(10);
    expect(versionsOf(receiver)).toEqual([4, 5, 6, 7, 8, 9, 10, 11, 12, 13]);
  });

  it('a process that is killed before an event is sent → the next one sends it', async () => {
    const receiver = await WebhookReceiver.start();
    const directory = temporaryFolder();
    const folder = join(directory, 'siem');
    const { tell, close } = await openNotifications([configOf(NOBODY)], directory);
    tell(rotated(2));
    await vi.waitFor(() => {
      expect(readdirSync(folder)).toEqual(['000000000001.json']);
    });
    await close();
    await openNotifications([configOf(receiver.url, { ca: receiver.ca })], directory);
    await receiver.gets(1);
    expect(versionsOf(receiver)).toEqual([2]);
    await vi.waitFor(() => {
      expect(readdirSync(folder)).toEqual([]);
    });
  });

  it('a file of the queue that is damaged → given up and told, the others are sent', async () => {
    const receiver = await WebhookReceiver.start();
    const directory = temporaryFolder();
    const { close, tell } = await openNotifications([configOf(NOBODY)], directory);
    tell(rotated(2));
    tell(rotated(3));
    await close();
    writeFileSync(join(directory, 'siem', '000000000001.json'), '{"id":"a\\nb"}');
    const next = await openNotifications([configOf(receiver.url, { ca: receiver.ca })], directory);
    await receiver.gets(2);
    expect(versionsOf(receiver)).toEqual([3, undefined]);
    await next.close();
    expect(next.records).toMatchObject([{ count: 1, reason: 'its file is damaged' }]);
  });

  it('a list of events → nothing else is sent', async () => {
    const receiver = await WebhookReceiver.start();
    const events: EventName[] = ['key-imported'];
    const { tell } = await openNotifications([configOf(receiver.url, { ca: receiver.ca, events })]);
    tell(rotated(2));
    tell({ event: 'key-imported', keyManager: 'hsm', externalKeyId: 'payroll', keyVersion: 7 });
    await receiver.gets(1);
    expect(versionsOf(receiver)).toEqual([7]);
  });

  it('a queue that another process uses → refused', async () => {
    const directory = temporaryFolder();
    await openNotifications([configOf(NOBODY)], directory);
    await expect(openNotifications([configOf(NOBODY)], directory)).rejects.toMatchObject({
      name: 'FolderInUseError',
    });
  });

  it('a webhook that is not configured any more → what waits for it is told', async () => {
    const directory = temporaryFolder();
    const { close, tell } = await openNotifications([configOf(NOBODY)], directory);
    tell(rotated(2));
    await close();
    const { log } = await openNotifications([], directory);
    expect(log.lines()).toMatchObject([{ level: 'warn', webhook: 'siem', queued: 1 }]);
  });
});
