import type { Clock } from '../../shared/clock.js';
import { Deadline } from '../../shared/deadline.js';
import {
  KeyManagerError,
  type KeySummary,
  type KeyUsage,
  type MaterialOrigin,
} from '../backend.js';
import { assertIdFree } from '../key-ids.js';
import { knownKeyOf } from './key-directory.js';
import { pendingImport, summaryOf } from './key-summary.js';
import type { Pkcs11Token } from './pkcs11-token.js';
import type { KeyReply } from './wire/messages.js';

const BUDGET_MS = 30_000;
/** Metrics list the keys at every scrape, and a token with a thousand keys takes long over it. */
const LISTING_LIFETIME_MS = 30_000;

/** The administration of the keys of one token, one act at a time. */
export class TokenAdministration {
  readonly #token: Pkcs11Token;
  readonly #clock: Clock;
  #listed: { readonly keys: KeyReply[]; readonly until: number } | undefined;
  #lastAct: Promise<unknown> = Promise.resolve();

  constructor(token: Pkcs11Token, clock: Clock) {
    this.#token = token;
    this.#clock = clock;
  }

  async listKeys(): Promise<readonly KeySummary[]> {
    const keys = await this.#list();
    return Promise.all(keys.map((key) => this.#summary(key)));
  }

  /** Makes a key; a token has none without material, so that one comes to be at its import. */
  createKey(
    externalKeyId: string,
    usage: ReadonlySet<KeyUsage>,
    origin: MaterialOrigin,
  ): Promise<KeySummary> {
    return this.act(async (deadline) => {
      if (origin === 'external') return this.#reserve(externalKeyId, usage);
      const created = await this.#token.createKey(externalKeyId, usage, deadline);
      this.#forget(externalKeyId);
      await this.#noteCreation(created, 1);
      return this.#summary(created);
    });
  }

  rotateKey(externalKeyId: string, from: number): Promise<KeySummary> {
    return this.act(async (deadline) => {
      const { key, made } = await this.#token.rotateKey(externalKeyId, from, deadline);
      this.#forget(externalKeyId);
      if (made !== undefined) await this.#noteCreation(key, made);
      return this.#summary(key);
    });
  }

  destroy(externalKeyId: string, version?: number): Promise<void> {
    return this.act(async (deadline) => {
      const request = version === undefined ? { externalKeyId } : { externalKeyId, version };
      await this.#token.client.destroy(request, deadline);
      this.#forget(externalKeyId);
    });
  }

  /**
   * Does one act at a time: two at once could make two objects of one name.
   *
   * @param budgetMs time from the beginning of the act
   */
  act<T>(work: (deadline: Deadline) => Promise<T>, budgetMs = BUDGET_MS): Promise<T> {
    const act = this.#lastAct.then(() => work(Deadline.after(this.#clock, budgetMs)));
    this.#lastAct = act.catch(() => undefined);
    return act;
  }

  /** Describes a key that has just been changed. */
  changed(reply: KeyReply): Promise<KeySummary> {
    this.#forget(reply.externalKeyId);
    return this.#summary(reply);
  }

  /**
   * Makes nothing.
   *
   * @throws KeyManagerError `conflict` for an id that is taken, `unsupported` for a usage that the
   *   token could not keep until there is material
   */
  async #reserve(externalKeyId: string, usage: ReadonlySet<KeyUsage>): Promise<KeySummary> {
    if (usage.size < 2) {
      throw new KeyManagerError(
        'unsupported',
        'a token keeps the usage of a key with its material, so a key that waits for an import is ' +
          'for ENCRYPT and DECRYPT both',
      );
    }
    this.#listed = undefined;
    const taken = (await this.#list()).map((each) => each.externalKeyId);
    assertIdFree(externalKeyId, taken);
    return pendingImport(externalKeyId, usage);
  }

  #forget(externalKeyId: string): void {
    this.#token.directory.forget(externalKeyId);
    this.#listed = undefined;
  }

  async #noteCreation(key: KeyReply, number: number): Promise<void> {
    const version = knownKeyOf(key).description.versions.get(number);
    if (version === undefined) return;
    await this.#token.counts?.noteCreation({ externalKeyId: key.externalKeyId, version });
  }

  async #list(): Promise<KeyReply[]> {
    const now = this.#clock.monotonic();
    if (this.#listed !== undefined && now < this.#listed.until) return this.#listed.keys;
    const keys = await this.#token.client.list(Deadline.after(this.#clock, BUDGET_MS));
    this.#listed = { keys, until: now + LISTING_LIFETIME_MS };
    return keys;
  }

  #summary(reply: KeyReply): Promise<KeySummary> {
    return summaryOf(reply, this.#token.counts);
  }
}
