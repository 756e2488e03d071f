import { invariant } from '../../shared/assert.js';
import type { Clock } from '../../shared/clock.js';
import { Deadline } from '../../shared/deadline.js';
import { isExternalKeyId } from '../../xks/external-key-id.js';
import {
  HEALTH_TEST_KEY_ID,
  type KeyAdministration,
  KeyManagerError,
  type KeySummary,
  type KeyUsage,
} from '../backend.js';
import type { EncryptionCounts } from './encryption-counts.js';
import { knownKeyOf } from './key-directory.js';
import type { Pkcs11Token } from './pkcs11-token.js';
import type { KeyReply } from './wire/messages.js';

const BUDGET_MS = 30_000;
/** Metrics list the keys at every scrape, and a token with a thousand keys takes long over it. */
const LISTING_LIFETIME_MS = 30_000;
const EXHAUSTED =
  'it has made all the encryptions that its material allows; Decrypt still works. ' +
  'Create a new version of it in the token';

/**
 * Returns the administration of the keys in these tokens. It creates keys only where there is one
 * token: a key created in one of several would be missing in the others. There the vendor's tools
 * create it, because they can copy it.
 */
export function administrationOf(
  tokens: readonly Pkcs11Token[],
  counts: EncryptionCounts | undefined,
  clock: Clock,
): KeyAdministration {
  const administrations = tokens.map((token) => new TokenAdministration(token, clock));
  const [only, ...others] = administrations;
  const createKey: KeyAdministration['createKey'] = (externalKeyId, usage) => {
    invariant(only !== undefined, 'a key manager has a token');
    return only.createKey(externalKeyId, usage);
  };
  return {
    countsEncryptions: counts !== undefined,
    listKeys: () => listFirst(administrations),
    ...(others.length === 0 ? { createKey } : {}),
    ...(counts === undefined ? {} : { adoptCounters: () => counts.adopt() }),
  };
}

/** Lists the keys of the first token that answers. */
async function listFirst(
  administrations: readonly TokenAdministration[],
): Promise<readonly KeySummary[]> {
  let failure: unknown = new KeyManagerError('internal', 'a key manager without tokens');
  for (const administration of administrations) {
    try {
      return await administration.listKeys();
    } catch (error) {
      failure = error;
    }
  }
  throw failure;
}

class TokenAdministration {
  readonly #token: Pkcs11Token;
  readonly #clock: Clock;
  #listed: { readonly keys: KeyReply[]; readonly until: number } | undefined;
  #lastCreation: Promise<unknown> = Promise.resolve();

  constructor(token: Pkcs11Token, clock: Clock) {
    this.#token = token;
    this.#clock = clock;
  }

  async listKeys(): Promise<readonly KeySummary[]> {
    const keys = await this.#list();
    const listed = keys.filter(({ externalKeyId }) => externalKeyId !== HEALTH_TEST_KEY_ID);
    const summaries = await Promise.all(listed.map((key) => this.#summary(key)));
    return summaries.sort(byExternalKeyId);
  }

  /** Creates one key at a time: two at once could make two objects of one name. */
  createKey(externalKeyId: string, usage: ReadonlySet<KeyUsage>): Promise<KeySummary> {
    const creation = this.#lastCreation.then(() => this.#create(externalKeyId, usage));
    this.#lastCreation = creation.catch(() => undefined);
    return creation;
  }

  async #create(externalKeyId: string, usage: ReadonlySet<KeyUsage>): Promise<KeySummary> {
    if (!isExternalKeyId(externalKeyId)) {
      throw new KeyManagerError(
        'unsupported',
        'an external key id is 1 to 128 of A-Z, a-z, 0-9, ".", "_" and "-", and not "." or ".."',
      );
    }
    const deadline = Deadline.after(this.#clock, BUDGET_MS);
    const created = await this.#token.createKey(externalKeyId, usage, deadline);
    this.#token.directory.forget(externalKeyId);
    this.#listed = undefined;
    const { current } = knownKeyOf(created).description;
    if (current !== undefined) {
      await this.#token.counts?.noteCreation({ externalKeyId, version: current });
    }
    return this.#summary(created);
  }

  async #list(): Promise<KeyReply[]> {
    const now = this.#clock.monotonic();
    if (this.#listed !== undefined && now < this.#listed.until) return this.#listed.keys;
    const keys = await this.#token.client.list(Deadline.after(this.#clock, BUDGET_MS));
    this.#listed = { keys, until: now + LISTING_LIFETIME_MS };
    return keys;
  }

  async #summary(reply: KeyReply): Promise<KeySummary> {
    const { externalKeyId, problem } = reply;
    if (problem !== undefined) return { description: unusable(externalKeyId), problem };
    const { counts } = this.#token;
    for (const version of knownKeyOf(reply).description.versions.values()) {
      await counts?.left({ externalKeyId, version }); // Read, so that it is known to be exhausted.
    }
    const { description } = knownKeyOf(reply, {
      isExhausted: (name) => counts?.isExhausted(name) === true,
    });
    const { current: version, versions } = description;
    if (counts === undefined || version === undefined) return { description };
    const encryptionsLeft = await counts.left({ externalKeyId, version });
    const first = versions.get(Math.min(...versions.keys())) ?? version;
    const createdAt = await counts.createdAt({ externalKeyId, version: first });
    return {
      description,
      encryptionsLeft,
      ...(createdAt === undefined ? {} : { createdAt }),
      ...(encryptionsLeft > 0 ? {} : { problem: EXHAUSTED }),
    };
  }
}

function unusable(externalKeyId: string): KeySummary['description'] {
  return {
    externalKeyId,
    usage: new Set(),
    enabled: false,
    current: undefined,
    versions: new Map(),
  };
}

function byExternalKeyId(a: KeySummary, b: KeySummary): number {
  return a.description.externalKeyId < b.description.externalKeyId ? -1 : 1;
}
