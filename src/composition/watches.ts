import type { Tell } from '../notifications/events.js';
import type { EncryptionsLeftSample } from '../observability/state-gauges.js';
import type { Clock } from '../shared/clock.js';
import { DAY_MS, HOUR_MS } from '../shared/durations.js';
import { Rounds } from '../shared/rounds.js';

/** Days before an end at which it is told; 0: it has come. */
const TOLD_DAYS = [0, 1, 7, 30] as const;
/** The part of what a version may encrypt below which that is little. */
const LOW_PART = 1 / 10;

/** A listener's certificate, and when it ends. */
export interface WatchedCertificate {
  readonly listener: string;
  /** In ms since 1970. */
  readonly expiresAt: number;
}

/** A credential that ends. */
export interface WatchedCredential {
  readonly keyStore: string;
  readonly accessKeyId: string;
  /** In ms since 1970. */
  readonly expiresAt: number;
}

/** The things that are looked at from time to time, because nobody says when they change. */
export interface WatchPorts {
  readonly tell: Tell;
  readonly clock: Clock;
  readonly certificates: () => readonly WatchedCertificate[];
  readonly credentials: () => readonly WatchedCredential[];
  readonly encryptionsLeft: () => Promise<readonly EncryptionsLeftSample[]>;
}

/**
 * Looks at certificates, credentials and at what keys may still encrypt, at the start and every
 * hour, and tells what is new: each number of days once for each certificate or credential, a low
 * budget once for each version.
 */
export class Watches {
  readonly #ports: WatchPorts;
  readonly #rounds = new Rounds(HOUR_MS, () => this.#look());
  readonly #toldDays = new Map<string, number>();
  readonly #toldBudgets = new Set<string>();

  constructor(ports: WatchPorts) {
    this.#ports = ports;
    this.#rounds.start();
  }

  /** Looks at everything now, once at a time. */
  look(): Promise<void> {
    return this.#rounds.run();
  }

  async #look(): Promise<void> {
    for (const certificate of this.#ports.certificates()) this.#lookAtCertificate(certificate);
    for (const credential of this.#ports.credentials()) this.#lookAtCredential(credential);
    for (const key of await this.#ports.encryptionsLeft()) this.#lookAtBudget(key);
  }

  /** Looks no more, once it has finished. */
  stop(): Promise<void> {
    return this.#rounds.stop();
  }

  #lookAtCertificate({ listener, expiresAt }: WatchedCertificate): void {
    const end = this.#newEnd(['certificate', listener], expiresAt);
    if (end === undefined) return;
    this.#ports.tell.tell({ event: 'certificate-expiring', listener, ...end });
  }

  #lookAtCredential({ keyStore, accessKeyId, expiresAt }: WatchedCredential): void {
    const end = this.#newEnd(['credential', accessKeyId], expiresAt);
    if (end === undefined) return;
    this.#ports.tell.tell({ event: 'credential-expiring', keyStore, accessKeyId, ...end });
  }

  /** The end of something, and the days until then; undefined where that is told, or far. */
  #newEnd(
    subject: readonly string[],
    expiresAt: number,
  ): { readonly expiresAt: string; readonly daysLeft: number } | undefined {
    const days = (expiresAt - this.#ports.clock.now()) / DAY_MS;
    const daysLeft = TOLD_DAYS.find((each) => days <= each);
    const key = JSON.stringify([...subject, expiresAt]);
    if (daysLeft === undefined || this.#toldDays.get(key) === daysLeft) return undefined;
    this.#toldDays.set(key, daysLeft);
    return { expiresAt: new Date(expiresAt).toISOString(), daysLeft };
  }

  #lookAtBudget(sample: EncryptionsLeftSample): void {
    const { keyManager, externalKeyId, keyVersion, encryptionsLeft, encryptionLimit } = sample;
    if (encryptionLimit === undefined || encryptionsLeft > encryptionLimit * LOW_PART) return;
    const key = JSON.stringify([keyManager, externalKeyId, keyVersion]);
    if (this.#toldBudgets.has(key)) return;
    this.#toldBudgets.add(key);
    const budget = { keyVersion, encryptionsLeft, encryptionLimit };
    this.#ports.tell.tell({ event: 'encryption-budget-low', keyManager, externalKeyId, ...budget });
  }
}
