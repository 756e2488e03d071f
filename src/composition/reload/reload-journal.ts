import type { LastReload } from '../../admin/contract/reload.js';
import type { Tell } from '../../notifications/events.js';
import type { Logger } from '../../observability/logger.js';
import type { ReloadSample } from '../../observability/reload-metrics.js';
import type { Clock } from '../../shared/clock.js';
import { reasonOf } from '../../shared/reason-of.js';

/** The trigger of a reload. */
export type ReloadTrigger = LastReload['trigger'];

/** The parts that hear of reloads. */
export interface JournalPorts {
  readonly clock: Pick<Clock, 'now'>;
  readonly log: Pick<Logger, 'error' | 'info' | 'warn'>;
  readonly tell: Tell;
  /** The file of the configuration. */
  readonly file: string;
}

/** The subjects of reloads: the configuration as its file has it, or certificates and secrets. */
const SUBJECTS = ['configuration', 'files'] as const;

type Subject = (typeof SUBJECTS)[number];

/**
 * The account of reloads, for the log, `holdfast status`, the metrics and the events. A failure
 * stands until what failed was taken: a certificate that is renewed meanwhile does not make a
 * configuration good that could not be read.
 */
export class ReloadJournal {
  readonly #ports: JournalPorts;
  readonly #counts = { success: 0, unchanged: 0, failure: 0 };
  readonly #standing = new Map<Subject, LastReload>();
  #last: LastReload | undefined;
  #lastSuccessAt: number;

  constructor(ports: JournalPorts) {
    this.#ports = ports;
    this.#lastSuccessAt = ports.clock.now();
  }

  get last(): LastReload | undefined {
    return this.#last;
  }

  /** The failures that nothing has put right since. */
  get failures(): readonly LastReload[] {
    return [...this.#standing.values()];
  }

  /** The counts, and the time at which the configuration in force was found good. */
  sample(): ReloadSample {
    return {
      results: this.#counts,
      lastSuccessSeconds: this.#lastSuccessAt / 1000,
      failed: Object.fromEntries(SUBJECTS.map((subject) => [subject, this.#standing.has(subject)])),
    };
  }

  /** @param fields what is told with it in the log */
  succeeded(trigger: ReloadTrigger, fields: object): void {
    this.#note({ trigger, result: 'success' });
    this.#ports.log.info({ trigger, ...fields }, 'another configuration is in force');
  }

  unchanged(trigger: ReloadTrigger): void {
    this.#note({ trigger, result: 'unchanged' });
    this.#ports.log.info({ trigger }, 'the configuration has not changed');
  }

  /** Takes note that files which could not be taken are again as they are in force. */
  filesAreAsBefore(): void {
    if (!this.#standing.delete('files')) return;
    this.#ports.log.info('files that could not be taken are again as they are in force');
  }

  failed(trigger: ReloadTrigger, error: unknown): void {
    const reason = reasonOf(error);
    const { log, tell, file } = this.#ports;
    this.#note({ trigger, result: 'failure', reason });
    log.error({ trigger, reason }, 'the reload failed; the configuration before stays in force');
    tell.tell({ event: 'reload-failed', file, trigger, reason });
  }

  #note(reload: Omit<LastReload, 'at'>): void {
    const now = this.#ports.clock.now();
    this.#counts[reload.result] += 1;
    this.#last = { at: new Date(now).toISOString(), ...reload };
    const subject = reload.trigger === 'files' ? 'files' : 'configuration';
    if (reload.result === 'failure') this.#standing.set(subject, this.#last);
    // The configuration names the files, which are read with it.
    else if (subject === 'configuration') this.#standing.clear();
    else this.#standing.delete(subject);
    if (this.#standing.size === 0) this.#lastSuccessAt = now;
  }
}
