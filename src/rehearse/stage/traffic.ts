import { randomBytes } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect } from '../ending.js';
import type { Scene } from '../scene.js';
import { KmsError } from '../../aws/kms-client.js';
import { bytesIn, type Kms, textIn } from './kms.js';

const WORKERS = 2;
const PAUSE_MS = 10;
const PLAINTEXT_BYTES = 32;
const PAIRS_BEFORE = 5;
const PAIRS_AFTER = 10;
const PASS_WITHIN_MS = 10_000;

/** The sum of what came of traffic. */
export interface TrafficSum {
  /** Pairs of Encrypt and Decrypt that gave the plaintext again. */
  readonly passed: number;
  /** Names of exceptions, and how often each came. */
  readonly exceptions: ReadonlyMap<string, number>;
  /** Time from the first failure to the next success, in ms; 0 where nothing failed. */
  readonly gapMs: number;
}

/**
 * Does something while callers of KMS encrypt and decrypt all the time, before it and after it too.
 *
 * @throws NotAsExpected where a plaintext comes back as another, or nothing passes afterwards, and
 *   what the act throws
 */
export async function underTraffic(scene: Scene, act: () => Promise<void>): Promise<TrafficSum> {
  const traffic = new Traffic(scene.kms, scene.need('alias'));
  try {
    await traffic.pass(PAIRS_BEFORE);
    await act();
    const seconds = PASS_WITHIN_MS / 1000;
    expect(await traffic.pass(PAIRS_AFTER), `afterwards no calls passed for ${seconds} s`);
  } finally {
    await traffic.stop();
  }
  return traffic.sum();
}

/** Says which exceptions came how often. */
export function exceptionsIn({ exceptions }: TrafficSum): string {
  return [...exceptions].map(([name, count]) => `${count} × ${name}`).join(', ');
}

/** Callers of KMS. */
class Traffic {
  readonly #kms: Kms;
  readonly #keyId: string;
  readonly #workers: readonly Promise<void>[];
  readonly #exceptions = new Map<string, number>();
  #passed = 0;
  #wrong = 0;
  #gap: { readonly begun: number; readonly ended?: number } | undefined;
  #isEnding = false;

  constructor(kms: Kms, keyId: string) {
    this.#kms = kms;
    this.#keyId = keyId;
    this.#workers = Array.from({ length: WORKERS }, () => this.#work());
    // Whoever stops the traffic is told; until then nobody waits.
    for (const worker of this.#workers) worker.catch(() => undefined);
  }

  /** Waits until so many more pairs have passed, for 10 s at most. @returns whether they have */
  async pass(more: number): Promise<boolean> {
    const wanted = this.#passed + more;
    const giveUpAt = performance.now() + PASS_WITHIN_MS;
    while (this.#passed < wanted && performance.now() < giveUpAt) await sleep(PAUSE_MS);
    return this.#passed >= wanted;
  }

  /** Ends the traffic. @throws what is no answer of KMS */
  async stop(): Promise<void> {
    this.#isEnding = true;
    await Promise.all(this.#workers);
  }

  /** @throws NotAsExpected where a plaintext came back as another */
  sum(): TrafficSum {
    expect(this.#wrong === 0, `${this.#wrong} calls of Decrypt gave another plaintext`);
    const { begun, ended } = this.#gap ?? { begun: 0, ended: 0 };
    const gapMs = Math.round((ended ?? begun) - begun);
    return { passed: this.#passed, exceptions: this.#exceptions, gapMs };
  }

  async #work(): Promise<void> {
    while (!this.#isEnding) {
      try {
        await this.#pair();
      } catch (error) {
        if (!(error instanceof KmsError)) throw error;
        this.#gap ??= { begun: performance.now() };
        this.#exceptions.set(error.name, (this.#exceptions.get(error.name) ?? 0) + 1);
      }
      await sleep(PAUSE_MS);
    }
  }

  async #pair(): Promise<void> {
    const plaintext = randomBytes(PLAINTEXT_BYTES);
    const encrypted = await this.#kms.call('Encrypt', {
      KeyId: this.#keyId,
      Plaintext: plaintext.toString('base64'),
    });
    const CiphertextBlob = textIn(encrypted, 'CiphertextBlob');
    const decrypted = await this.#kms.call('Decrypt', { CiphertextBlob });
    if (bytesIn(decrypted, 'Plaintext').equals(plaintext)) this.#passed += 1;
    else this.#wrong += 1;
    if (this.#gap !== undefined && this.#gap.ended === undefined) {
      this.#gap = { ...this.#gap, ended: performance.now() };
    }
  }
}
