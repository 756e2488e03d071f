import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { writeFileAtomically } from '../durable/atomic-write.js';
import { type FolderLock, lockFolderAnd } from '../durable/folder-lock.js';
import { makePrivateFolder } from '../durable/private.js';
import type { Clock } from '../shared/clock.js';
import { ifThere } from '../shared/errno.js';
import { IsoTime } from '../shared/iso-time.js';
import type { OperatorLog } from '../shared/operator-log.js';
import { cloudEventOf, type EventIdentity, sourceOf } from './cloud-event.js';
import type { WebhookConfig } from './config.js';
import { Drops } from './drops.js';
import { EventQueue, queuedIn } from './event-queue.js';
import type { EventOf, HoldfastEvent } from './events.js';
import { type EventRecordFields, Notifier } from './notifier.js';
import { toldEvent } from './told-event.js';
import { type DeliveryTerms, type Receiver, Webhook } from './webhook.js';
import { type DeliveryOutcome, WebhookClient } from './webhook-client.js';

/** Ten attempts come within nine minutes. */
const TERMS: DeliveryTerms = { firstMs: 1_000, longestMs: 300_000, patience: 10 };
const TIMEOUT_MS = 10_000;
const NOBODY = 'events wait for a webhook that is not in the configuration; nobody gets them';
const FULL = 'the queue on disk is full, because the receiver takes nothing';

/** The parts that notifications are given. */
export interface NotificationPorts {
  /** The folder of the queues. */
  readonly directory: string;
  /** The name of this replica. */
  readonly replica: string;
  readonly clock: Clock;
  readonly log: OperatorLog;
  readonly random: () => number;
  readonly newId: () => string;
  readonly record: ((fields: EventRecordFields) => void) | undefined;
  readonly terms?: DeliveryTerms;
}

/** A webhook at work. */
interface OpenWebhook {
  readonly config: WebhookConfig;
  readonly webhook: Webhook;
  readonly queue: EventQueue;
  readonly drops: Drops;
}

/** Webhooks that are ready to take the place of those at work. */
export interface NextWebhooks {
  /** Puts them in force. Never fails; those that are no more come to their end meanwhile. */
  readonly begin: () => void;
  /** Leaves everything as it was. Never rejects. */
  readonly undo: () => Promise<void>;
}

/** All that tells people. */
export class Notifications {
  readonly notifier: Notifier;
  readonly #ports: NotificationPorts;
  readonly #time: IsoTime;
  #open: ReadonlyMap<string, OpenWebhook> = new Map();
  /** Webhooks that were at work, and are sending their last event. */
  readonly #ending = new Set<Promise<void>>();
  #lock: FolderLock | undefined;

  private constructor(ports: NotificationPorts) {
    this.#ports = ports;
    this.#time = new IsoTime(ports.clock);
    const { log, record } = ports;
    const identify = () => this.#identity();
    this.notifier = new Notifier({ now: () => this.#time.now(), log, record, identify });
  }

  /**
   * Opens the queues of the webhooks, and begins to deliver what waits in them.
   *
   * @throws NotPrivateError, FolderInUseError, or the file system's error
   */
  static async open(
    configs: readonly WebhookConfig[],
    ports: NotificationPorts,
  ): Promise<Notifications> {
    const notifications = new Notifications(ports);
    const { begin } = await notifications.prepare(configs);
    begin();
    await warnOfOthers(configs, ports);
    return notifications;
  }

  /**
   * Opens the queues of new webhooks. One whose name is at work goes on with its queue.
   *
   * @throws NotPrivateError, FolderInUseError, or the file system's error
   */
  async prepare(configs: readonly WebhookConfig[]): Promise<NextWebhooks> {
    // One that was taken away a moment ago may still have its queue.
    await Promise.all(this.#ending);
    const added = configs.filter(({ name }) => !this.#open.has(name));
    const starts = new Map<string, () => OpenWebhook>();
    const openAll = async () => {
      for (const config of added) starts.set(config.name, await this.#ready(config));
    };
    const { directory } = this.#ports;
    let lock: FolderLock | undefined;
    if (this.#lock === undefined && added.length > 0) {
      await makePrivateFolder(directory);
      lock = await lockFolderAnd(openAll, directory);
    } else await openAll();
    return {
      begin: () => {
        this.#lock ??= lock;
        this.#begin(configs, starts);
      },
      undo: async () => lock?.release(),
    };
  }

  /**
   * Sends a test event to a webhook now, past its queue.
   *
   * @param by the administrator who asks for it
   * @returns what came of it; undefined where there is no such webhook
   */
  async test(name: string, by: string): Promise<DeliveryOutcome | undefined> {
    const config = this.#open.get(name)?.config;
    if (config === undefined) return undefined;
    const event: EventOf<'notification-test'> = { event: 'notification-test', webhook: name, by };
    const body = this.#bodyOf(event);
    const client = this.#clientOf(config);
    try {
      return await client.send({ id: body.id, body: JSON.stringify(body) });
    } finally {
      await client.close();
    }
  }

  /** Tells what is counted, sends what is under way, and closes the queues. */
  async close(): Promise<void> {
    for (const { drops } of this.#open.values()) drops.flush();
    await this.notifier.close();
    await Promise.all(this.#ending);
    await this.#lock?.release();
  }

  #begin(configs: readonly WebhookConfig[], starts: ReadonlyMap<string, () => OpenWebhook>): void {
    const before = this.#open;
    this.#open = new Map(
      configs.flatMap((config) => {
        const own = before.get(config.name);
        const open = own === undefined ? starts.get(config.name)?.() : this.#changed(own, config);
        return open === undefined ? [] : [[config.name, open] as const];
      }),
    );
    this.notifier.tellWebhooks([...this.#open.values()].map(({ webhook }) => webhook));
    for (const [name, open] of before) if (!this.#open.has(name)) this.#end(open);
  }

  #changed({ webhook, queue, drops }: OpenWebhook, config: WebhookConfig): OpenWebhook {
    webhook.changeTo(this.#receiverOf(config));
    queue.maxEvents = config.maxQueued;
    return { config, webhook, queue, drops };
  }

  #end({ webhook, queue, drops, config: { name } }: OpenWebhook): void {
    drops.flush();
    const ending = webhook.close();
    this.#ending.add(ending);
    void ending.then(() => {
      this.#ending.delete(ending);
      if (queue.length > 0) this.#ports.log.warn({ webhook: name, queued: queue.length }, NOBODY);
    });
  }

  /** Opens the queue of a webhook. @returns what begins to deliver what waits in it */
  async #ready(config: WebhookConfig): Promise<() => OpenWebhook> {
    const { directory, clock, random, log, terms = TERMS } = this.#ports;
    const { name, maxQueued: maxEvents } = config;
    let webhook: Webhook | undefined;
    const drops = new Drops({
      webhook: name,
      tell: (event) => {
        this.notifier.tell(event);
      },
      tellItself: (event) => {
        if (webhook?.wants(event.event)) webhook.take(this.#bodyOf(event));
      },
    });
    const onDropped = (reason: string) => {
      webhook?.countDropped();
      drops.add(reason);
    };
    const queue = await EventQueue.open({
      ...{ folder: join(directory, name), maxEvents, log, writeFile: writeFileAtomically },
      onOverflow: () => {
        onDropped(FULL);
      },
    });
    const receiver = this.#receiverOf(config);
    return () => {
      webhook = new Webhook({
        ...{ name, receiver, queue, terms, clock, random, log, onDropped },
        onAccepted: () => {
          drops.accepted();
        },
      });
      return { config, webhook, queue, drops };
    };
  }

  #receiverOf(config: WebhookConfig): Receiver {
    const { events } = config;
    const client = this.#clientOf(config);
    return { client, events: events === undefined ? undefined : new Set(events) };
  }

  #clientOf({ url, secret, previousSecret, ca }: WebhookConfig): WebhookClient {
    const secrets = previousSecret === undefined ? [secret] : [secret, previousSecret];
    return new WebhookClient({ url, secrets, ca, clock: this.#ports.clock, timeoutMs: TIMEOUT_MS });
  }

  #bodyOf(event: HoldfastEvent) {
    return cloudEventOf(toldEvent(event, this.#time.now()), this.#identity());
  }

  #identity(): EventIdentity {
    return { id: this.#ports.newId(), source: sourceOf(this.#ports.replica) };
  }
}

/** Says what waits for webhooks that the configuration does not have any more. */
async function warnOfOthers(
  configs: readonly WebhookConfig[],
  { directory, log }: NotificationPorts,
): Promise<void> {
  const known = new Set(configs.map(({ name }) => name));
  const entries = (await ifThere(readdir(directory, { withFileTypes: true }))) ?? [];
  const folders = entries.filter((entry) => entry.isDirectory() && !known.has(entry.name));
  for (const { name } of folders) {
    const queued = (await queuedIn(join(directory, name))).length;
    if (queued === 0) continue;
    log.warn({ webhook: name, queued, folder: join(directory, name) }, NOBODY);
  }
}
