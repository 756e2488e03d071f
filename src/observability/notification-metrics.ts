import { Counter, Gauge, type Registry } from 'prom-client';

/** The events since the start, and the webhooks as they are. */
export interface NotificationSample {
  readonly events: readonly {
    readonly event: string;
    readonly severity: string;
    readonly count: number;
  }[];
  readonly webhooks: readonly {
    readonly webhook: string;
    readonly queued: number;
    readonly stuckSeconds: number;
    readonly delivered: number;
    readonly failedAttempts: number;
    readonly dropped: number;
  }[];
}

/** Adds the metrics of events and webhooks, read from `sample` at every scrape. */
export function registerNotificationMetrics(
  registry: Registry,
  sample: () => NotificationSample,
): void {
  const registers = [registry];
  new Counter({
    name: 'holdfast_events_total',
    help: 'Events since the start, those too that were told together with others.',
    labelNames: ['event', 'severity'],
    registers,
    collect() {
      this.reset();
      for (const { event, severity, count } of sample().events)
        this.inc({ event, severity }, count);
    },
  });
  new Gauge({
    name: 'holdfast_webhook_queued_events',
    help: 'Events that wait for a webhook.',
    labelNames: ['webhook'],
    registers,
    collect() {
      for (const { webhook, queued } of sample().webhooks) this.set({ webhook }, queued);
    },
  });
  new Gauge({
    name: 'holdfast_webhook_stuck_seconds',
    help: 'Time for which a webhook has taken nothing although events wait for it.',
    labelNames: ['webhook'],
    registers,
    collect() {
      for (const { webhook, stuckSeconds } of sample().webhooks) {
        this.set({ webhook }, stuckSeconds);
      }
    },
  });
  new Counter({
    name: 'holdfast_webhook_deliveries_total',
    help: 'Events that a webhook took, failed attempts, and events that were given up.',
    labelNames: ['webhook', 'result'],
    registers,
    collect() {
      this.reset();
      for (const { webhook, delivered, failedAttempts, dropped } of sample().webhooks) {
        this.inc({ webhook, result: 'delivered' }, delivered);
        this.inc({ webhook, result: 'failed-attempt' }, failedAttempts);
        this.inc({ webhook, result: 'dropped' }, dropped);
      }
    },
  });
}
