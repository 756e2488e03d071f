import type { Clock } from '../../shared/clock.js';
import type { Deadline } from '../../shared/deadline.js';
import { type KeyDescription, KeyManagerError, type KeyRef, type KeyUsage } from '../backend.js';
import { KeyCache } from './key-cache.js';
import type { KeyNames } from './key-names.js';
import type { Transit, TransitVersion } from './transit.js';
import { descriptionOf, unfitness } from './transit-key.js';

/** A key as a node knows it. */
interface KnownKey {
  readonly transitKey: string;
  readonly description: KeyDescription;
}

/** Parts of {@link KnownKeys}. */
export interface KnownKeysPorts {
  readonly transit: Transit;
  readonly names: KeyNames;
  readonly clock: Clock;
  readonly metadataMaxAgeMs: number;
}

/**
 * The keys of one node. Nothing is encrypted under a key that has not been seen here first, so
 * that a mistyped id cannot make a key of itself.
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

  /** @throws KeyManagerError `key-not-found`, `unsupported` for keys of another kind, … */
  async describe(externalKeyId: string, deadline: Deadline): Promise<KeyDescription> {
    return (await this.#cache.get(externalKeyId, deadline)).description;
  }

  /** Describes a key from a reading that begins now. @throws as {@link describe} */
  async describeAnew(externalKeyId: string, deadline: Deadline): Promise<KeyDescription> {
    return (await this.#cache.getAnew(externalKeyId, deadline)).description;
  }

  /**
   * The Transit key and version for one operation. Nothing is refused for what is remembered alone.
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

  /** The server contradicts what is known of a key. */
  forget(externalKeyId: string): void {
    this.#cache.forget(externalKeyId);
  }

  async #read(externalKeyId: string, deadline: Deadline): Promise<KnownKey> {
    const { transit, names, clock, metadataMaxAgeMs: settlingMs } = this.#ports;
    const transitKey = names.transitKeyOf(externalKeyId);
    if (transitKey === undefined) {
      throw new KeyManagerError('key-not-found', `no Transit key stands for ${externalKeyId}`);
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

/** Says why a key cannot be used as it is wanted; undefined where it can. */
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
    `${transitKey} has no such version ${version.version}`,
  );
}
