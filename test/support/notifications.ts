import { randomUUID } from 'node:crypto';
import { onTestFinished } from 'vitest';
import type { WebhookConfig } from '../../src/notifications/config.js';
import type { HoldfastEvent } from '../../src/notifications/events.js';
import type { EventRecordFields } from '../../src/notifications/notifier.js';
import { Notifications } from '../../src/notifications/open-notifications.js';
import { Secret } from '../../src/shared/secret.js';
import { systemClock } from '../../src/shared/clock.js';
import { captureLog } from './log-lines.js';
import { temporaryFolder } from './temporary-folder.js';
import { WEBHOOK_SECRET, type WebhookReceiver } from './webhook-receiver.js';

/** Nobody may listen there but root, and nobody does. */
export const NOBODY = 'https://127.0.0.1:1/';

/** As fast as tests want it; three attempts are enough. */
export const TERMS = { firstMs: 1, longestMs: 5, patience: 3 };

/** A webhook as the configuration has it. */
export function configOf(url: string, overrides: Partial<WebhookConfig> = {}): WebhookConfig {
  return { name: 'siem', url, secret: new Secret(WEBHOOK_SECRET), maxQueued: 10, ...overrides };
}

/** Opens notifications until the test ends. */
export async function openNotifications(
  configs: readonly WebhookConfig[],
  directory = temporaryFolder(),
  terms = TERMS,
) {
  const log = captureLog();
  const records: EventRecordFields[] = [];
  const notifications = await Notifications.open(configs, {
    directory,
    replica: 'proxy-1',
    clock: systemClock,
    log: log.logger,
    random: () => 0,
    newId: randomUUID,
    record: (fields) => {
      records.push(fields);
    },
    terms,
  });
  let isClosed = false;
  const close = async (): Promise<void> => {
    if (!isClosed) await notifications.close();
    isClosed = true;
  };
  onTestFinished(close);
  return { notifications, tell: tellOf(notifications), log, records, directory, close };
}

function tellOf({ notifier }: Notifications) {
  return (event: HoldfastEvent): void => {
    notifier.tell(event);
  };
}

/** A rotation, told as an event. */
export function rotated(keyVersion: number): HoldfastEvent {
  const key = { keyManager: 'hsm', externalKeyId: 'payroll' };
  return { event: 'key-rotated', ...key, keyVersion, cause: 'schedule' };
}

/** The versions that the events of a receiver name. */
export function versionsOf(receiver: WebhookReceiver): unknown[] {
  return receiver.events.map(({ data }) => (data as Record<string, unknown>)['keyVersion']);
}
