import { randomUUID } from 'node:crypto';
import { hostname } from 'node:os';
import { join } from 'node:path';
import type { AuditTrail } from '../audit/trail/audit-trail.js';
import type { Configuration } from '../configuration/schema.js';
import type { RunTimeCredentials } from '../key-stores/credentials/run-time-credentials.js';
import { NOTIFICATIONS_FOLDER } from '../notifications/config.js';
import { Notifications } from '../notifications/open-notifications.js';
import type { Logger } from '../observability/logger.js';
import type { NotificationSample } from '../observability/notification-metrics.js';
import type { Clock } from '../shared/clock.js';
import type { Served } from './audit.js';
import { endingCredentials } from './credentials.js';
import { sampleEncryptionsLeft } from './key-managers.js';
import { type ServingListener, watchedCertificates } from './listeners.js';
import { Watches } from './watches.js';

/** The parts that notifications are handed. */
export interface NotificationsPorts {
  readonly clock: Clock;
  readonly log: Logger;
  /** Absent where there is no audit log. */
  readonly trail: AuditTrail | undefined;
}

/**
 * Opens what tells people, and begins to deliver what waits for webhooks.
 *
 * @throws NotPrivateError, FolderInUseError, or the file system's error
 */
export function openNotifications(
  { notifications, stateDirectory, audit }: Configuration,
  { clock, log, trail }: NotificationsPorts,
): Promise<Notifications> {
  return Notifications.open(notifications.webhooks, {
    directory: join(stateDirectory, NOTIFICATIONS_FOLDER),
    replica: audit?.replica ?? hostname(),
    clock,
    log,
    random: Math.random,
    newId: randomUUID,
    record:
      trail &&
      ((fields) => {
        trail.recordLater('event', fields);
      }),
  });
}

/** The events since the start and the webhooks, for metrics. */
export function sampleNotifications({ notifier }: Notifications): NotificationSample {
  return {
    events: notifier.counts,
    webhooks: notifier.webhooks.map(({ stuckMs, ...state }) => ({
      ...state,
      stuckSeconds: stuckMs / 1000,
    })),
  };
}

/** The parts of the process that watches look at, or tell by. */
interface Watched {
  readonly clock: Clock;
  readonly credentials: RunTimeCredentials;
  readonly notifications: Pick<Notifications, 'notifier'>;
}

/** Begins to look at certificates, credentials and budgets, now and every hour. */
export function startWatches(
  { notifications, clock, credentials }: Watched,
  generations: { readonly current: Served },
  listeners: () => readonly ServingListener[],
): Watches {
  const watches = new Watches({
    tell: notifications.notifier,
    clock,
    credentials: () => endingCredentials(generations.current.keyStores, credentials),
    certificates: () => watchedCertificates(listeners()),
    encryptionsLeft: () => sampleEncryptionsLeft(generations.current.keyManagers),
  });
  void watches.look();
  return watches;
}
