import type { Clock } from '../../shared/clock.js';
import { MINUTE_MS } from '../../shared/durations.js';
import { joinedUse, type UseSpan, type VersionUse } from './use-documents.js';

/** The use of the versions of a key in this process, by number. Minutes since 1970; 0 for none. */
interface NotedVersion {
  firstEncrypted: number;
  lastEncrypted: number;
  firstDecrypted: number;
  lastDecrypted: number;
}

/** The versions of a key by number, which others may have chosen: up to 2^32 - 1. */
type NotedVersions = Map<number, NotedVersion>;

const NOTHING: NotedVersions = new Map();

/** Notes that a version was used, on the way of a request: it costs a look-up. */
export interface UseNotes {
  encrypted(externalKeyId: string, version: number): void;
  decrypted(externalKeyId: string, version: number): void;
}

/** The uses of the keys of one key manager that this process has not told yet. */
export class NotedUses implements UseNotes {
  readonly #clock: Pick<Clock, 'now'>;
  #keys = new Map<string, NotedVersions>();
  #taken: ReadonlyMap<string, NotedVersions> = new Map();

  constructor(clock: Pick<Clock, 'now'>) {
    this.#clock = clock;
  }

  encrypted(externalKeyId: string, version: number): void {
    const noted = this.#noted(externalKeyId, version);
    const minute = Math.floor(this.#clock.now() / MINUTE_MS);
    // A clock that has been put back hides no use.
    if (noted.lastEncrypted >= minute) return;
    noted.lastEncrypted = minute;
    noted.firstEncrypted ||= minute;
  }

  decrypted(externalKeyId: string, version: number): void {
    const noted = this.#noted(externalKeyId, version);
    const minute = Math.floor(this.#clock.now() / MINUTE_MS);
    // A clock that has been put back hides no use.
    if (noted.lastDecrypted >= minute) return;
    noted.lastDecrypted = minute;
    noted.firstDecrypted ||= minute;
  }

  /**
   * Hands out what was noted so far, key by key. It stays known here until {@link forgetTaken}, so
   * that whoever takes it can pause between two keys.
   */
  *take(): Iterable<readonly [string, ReadonlyMap<number, VersionUse>]> {
    this.#taken = this.#keys;
    this.#keys = new Map();
    for (const [externalKeyId, versions] of this.#taken) yield [externalKeyId, usesOf(versions)];
  }

  /** Forgets what was taken: it is known elsewhere. */
  forgetTaken(): void {
    this.#taken = new Map();
  }

  /** The use of a key that is noted and not known elsewhere yet, by version. */
  of(externalKeyId: string): ReadonlyMap<number, VersionUse> {
    const uses = usesOf(this.#taken.get(externalKeyId) ?? NOTHING);
    for (const [version, use] of usesOf(this.#keys.get(externalKeyId) ?? NOTHING)) {
      uses.set(version, joinedUse(uses.get(version) ?? {}, use));
    }
    return uses;
  }

  #noted(externalKeyId: string, version: number): NotedVersion {
    let versions = this.#keys.get(externalKeyId);
    if (versions === undefined) {
      versions = new Map();
      this.#keys.set(externalKeyId, versions);
    }
    let noted = versions.get(version);
    if (noted === undefined) {
      noted = { firstEncrypted: 0, lastEncrypted: 0, firstDecrypted: 0, lastDecrypted: 0 };
      versions.set(version, noted);
    }
    return noted;
  }
}

function usesOf(versions: NotedVersions): Map<number, VersionUse> {
  const uses = new Map<number, VersionUse>();
  for (const [version, noted] of versions) {
    const encrypted = spanOf(noted.firstEncrypted, noted.lastEncrypted);
    const decrypted = spanOf(noted.firstDecrypted, noted.lastDecrypted);
    uses.set(version, { ...(encrypted && { encrypted }), ...(decrypted && { decrypted }) });
  }
  return uses;
}

function spanOf(first: number, last: number): UseSpan | undefined {
  return last === 0 ? undefined : [first, last];
}
