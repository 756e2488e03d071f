import { setTimeout as sleep } from 'node:timers/promises';
import type { ShownCredential } from '../admin/contract/credentials.js';
import type { Use, UseSince } from '../aws/acts/rotate-credential.js';
import { type AdminClient, RefusedError } from './admin-client.js';
import { CliError, EXIT } from './exit.js';
import { MINUTE_MS } from '../shared/durations.js';

/** The patience with which a credential is removed. */
export interface RemovalTiming {
  readonly timeoutMs: number;
  readonly pollMs: number;
  /** Told what it waits for, at once and when that changes. */
  readonly tell: (sentence: string) => void;
}

/** The credentials of one key store of a running server, while KMS changes over. */
export class RotatingCredentials {
  readonly #client: AdminClient;
  readonly #keyStore: string;

  constructor(client: AdminClient, keyStore: string) {
    this.#client = client;
    this.#keyStore = keyStore;
  }

  /** Lists them. */
  async list(): Promise<readonly ShownCredential[]> {
    const query = { keyStore: this.#keyStore };
    return (await this.#client.call('listCredentials', { query })).credentials;
  }

  /**
   * Makes one in the place of another.
   *
   * @returns its access key id
   * @throws CliError where a replica may not have it, which would refuse what KMS signs with it
   */
  async add(replaces: string): Promise<string> {
    // KMS may have one that the server does not know.
    const isKnown = (await this.list()).some(({ accessKeyId }) => accessKeyId === replaces);
    const { accessKeyId, unconfirmed } = await this.#client.call('addCredential', {
      pathParameters: { keyStore: this.#keyStore },
      body: isKnown ? { replaces } : {},
    });
    if (unconfirmed.length === 0) return accessKeyId;
    throw new CliError(
      EXIT.failed,
      `${accessKeyId} is made, and is not confirmed by ${unconfirmed.join(', ')}: what KMS signs with ` +
        `it might be refused there. KMS keeps ${replaces}; repeat this command to go on.`,
    );
  }

  /** Tells by the minute of the last use on any replica; each that was used counts as once. */
  readonly lastUses: UseSince = async (since) => {
    const uses = new Map<string, Use>();
    for (const { accessKeyId, lastUsedAt } of await this.list()) {
      const end = lastUsedAt === undefined ? 0 : Date.parse(lastUsedAt) + MINUTE_MS;
      if (end > since.getTime()) uses.set(accessKeyId, { requests: 1, firstAt: end });
    }
    return uses;
  };

  /** Counts by an audit log, and where there are other replicas by the last uses as well. */
  async useSince(byLog: UseSince | undefined): Promise<UseSince> {
    if (byLog === undefined) return this.lastUses;
    const { replicas } = await this.#client.call('showStatus', {});
    if (replicas.length < 2) return byLog;
    return async (since) => new Map([...(await this.lastUses(since)), ...(await byLog(since))]);
  }

  /**
   * Removes one, as soon as the server takes it for unused.
   *
   * @param force at once, and whether or not it is unused
   * @throws CliError with the server's refusal when the time is over
   */
  async remove(
    accessKeyId: string,
    force: boolean,
    { timeoutMs, pollMs, tell }: RemovalTiming,
  ): Promise<void> {
    const begun = performance.now();
    let told = '';
    for (;;) {
      try {
        const request = { pathParameters: { accessKeyId }, body: { force } };
        await this.#client.call('removeCredential', request);
        return;
      } catch (error) {
        const isInUse = error instanceof RefusedError && error.code === 'in-use';
        if (!isInUse || performance.now() - begun >= timeoutMs) throw error;
        if (error.message !== told) tell(`Waiting to remove ${accessKeyId}. ${error.message}`);
        told = error.message;
      }
      await sleep(pollMs);
    }
  }
}
