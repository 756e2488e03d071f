import type { Clock } from '../../shared/clock.js';
import type { Deadline } from '../../shared/deadline.js';
import { type KeyDescription, KeyManagerError, type KeyRef, type KeyUsage } from '../backend.js';
import { KeyCache } from './key-cache.js';
import type { KeyNames } from './key-names.js';
import type { Transit, TransitVersion } from './transit.js';
import { descriptionOf, unfitness } from './transit-key.js';

/** A key and its name in Transit. */
interface KnownKey {
  readonly transitKey: string;
  readonly description: KeyDescription;
}

/** Ports that the composition hands to {@link KnownKeys}. */
export interface KnownKeysPorts {
  readonly transit: Transit;
  readonly names: KeyNames;
  readonly clock: Clock;
  readonly metadataMaxAgeMs: number;
}

/**
 * The keys of one node. A key is read before it is used to encrypt: Transit may create a key that
 * does not exist when it is asked to encrypt, for example after a mistyped id.
 */
export class KnownKeys {
  readonly #ports: KnownKeysPorts;
  readonly #cache: KeyCache<KnownKey>;

  constructor(ports: KnownKeysPorts) {
    this.#ports = ports;
    this.#cache = new KeyCache(
      (externalKeyId, deadline) => this.#read(externalKeyId, deadline),
      ports.clock,
      ports.metadataMaxAgeMs,
    );
  }

  /** Describes a key. @throws KeyManagerError `key-not-found`, `unsupported` for another type, … */
  async describe(externalKeyId: string, deadline: Deadline): Promise<KeyDescription> {
    return (await this.#cache.get(externalKeyId, deadline)).description;
  }

  /** Describes a key that is read anew. @throws as {@link describe} */
  async describeAnew(externalKeyId: string, deadline: Deadline): Promise<KeyDescription> {
    return (await this.#cache.getAnew(externalKeyId, deadline)).description;
  }

  /**
   * Returns the Transit key and version for one operation. Before refusing, it reads the key anew.
   *
   * @throws KeyManagerError `key-disabled`, `usage-denied`, `version-not-found`, …
   */
  async usable(ref: KeyRef, usage: KeyUsage, deadline: Deadline): Promise<TransitVersion> {
    const remembered = await this.#cache.get(ref.externalKeyId, deadline);
    const { version } = ref.version;
    if (refusalOf(remembered, ref, usage) === undefined) {
      return { transitKey: remembered.transitKey, version };
    }
    const known = await this.#cache.getAnew(ref.externalKeyId, deadline);
    const refusal = refusalOf(known, ref, usage);
    if (refusal !== undefined) throw refusal;
    return { transitKey: known.transitKey, version };
  }

  /** Forgets a key, because the server contradicts what is remembered of it. */
  forget(externalKeyId: string): void {
    this.#cache.forget(externalKeyId);
  }

  async #read(externalKeyId: string, deadline: Deadline): Promise<KnownKey> {
    const { transit, names, clock, metadataMaxAgeMs: settlingMs } = this.#ports;
    const transitKey = names.transitKeyOf(externalKeyId);
    if (transitKey === undefined) {
      throw new KeyManagerError(
        'key-not-found',
        `no Transit key can have the name of ${externalKeyId}`,
      );
    }
    const key = await transit.readKey(transitKey, deadline);
    if (key === undefined) {
      throw new KeyManagerError('key-not-found', `there is no Transit key ${transitKey}`);
    }
    const problem = unfitness(key);
    if (problem !== undefined)
      throw new KeyManagerError('unsupported', `${transitKey}: ${problem}`);
    const usage = names.usageOf(externalKeyId);
    const as = { externalKeyId, usage, now: clock.now(), settlingMs };
    return { transitKey, description: descriptionOf(key, as) };
  }
}

/** Returns the reason why a key cannot be used this way; undefined where it can. */
function refusalOf(
  { transitKey, description }: KnownKey,
  { externalKeyId, version }: KeyRef,
  usage: KeyUsage,
): KeyManagerError | undefined {
  if (!description.enabled) {
    return new KeyManagerError('key-disabled', `${transitKey} is soft-deleted`);
  }
  if (!description.usage.has(usage)) {
    return new KeyManagerError('usage-denied', `${externalKeyId} is not for ${usage}`);
  }
  const known = description.versions.get(version.version);
  if (known?.materialName.equals(version.materialName) === true) return undefined;
  return new KeyManagerError(
    'version-not-found',
    `${transitKey} has no version ${version.version} of this material`,
  );
}
