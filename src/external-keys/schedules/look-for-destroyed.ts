import { KeyManagerError, type KeyVersion } from '../../key-managers/backend.js';
import type { Recorded } from '../key-records.js';
import { describedKeyIfThere } from '../lifecycle/known-key.js';
import type { KeyActs, LifecyclePorts } from '../lifecycle/lifecycle-ports.js';
import type { KeyRecord } from '../record.js';
import { forEachFew, type Round, type ScheduledWork } from './scheduled-work.js';
import { HOUR_MS, MINUTE_MS } from '../../shared/durations.js';

/** Looks come this part of an hour earlier or later, so that not all come at once. */
const JITTER = 0.1;
/** The time after which a look that failed is tried again. */
const AGAIN_MS = 5 * MINUTE_MS;
/** Keys that are looked at at the same time. */
const AT_ONCE = 4;

/** The looks at a key: monotonic times, in ms. */
interface Looks {
  readonly lastAt: number;
  readonly nextAt: number;
}

/** Material that was destroyed: all of a key, or that of one version. */
interface Destroyed {
  readonly version?: number;
  /** ISO 8601. */
  readonly at: string | undefined;
}

/**
 * Looks at key managers for material that was destroyed and is there again, because somebody has
 * restored a backup or made a key of the same name: at the start, every hour, and when somebody
 * asks for it. It stays destroyed, whatever is found; people are told of it at each look.
 */
export class LookForDestroyed implements ScheduledWork {
  readonly #random: () => number;
  readonly #looks = new Map<string, Looks>();

  /** @param random from 0 to 1, for the jitter */
  constructor(random: () => number) {
    this.#random = random;
  }

  async run(acts: KeyActs, round: Round): Promise<void> {
    const { ports } = acts;
    const now = ports.clock.monotonic();
    const due = ports.records.list().flatMap(({ value, revision }) => {
      if (value.kind !== 'key' || destroyedOf(value).length === 0) return [];
      return now >= (this.#looks.get(idOf(ports, value))?.nextAt ?? now)
        ? [{ value, revision }]
        : [];
    });
    await forEachFew(due, AT_ONCE, round, (record) => this.#look(ports, record));
  }

  /** Looks at a key that a request has named, no more than once a minute. Never rejects. */
  async asked({ ports }: KeyActs, externalKeyId: string): Promise<void> {
    const record = ports.records.keyRecordOf(externalKeyId);
    if (record === undefined || destroyedOf(record.value).length === 0) return;
    const { lastAt = -Infinity } = this.#looks.get(idOf(ports, record.value)) ?? {};
    if (ports.clock.monotonic() - lastAt >= MINUTE_MS) await this.#look(ports, record);
  }

  async #look(ports: LifecyclePorts, record: Recorded<KeyRecord>): Promise<void> {
    const { clock, log } = ports;
    const { externalKeyId } = record.value;
    const id = idOf(ports, record.value);
    const lastAt = clock.monotonic();
    const inMs = HOUR_MS * (1 + JITTER * (2 * this.#random() - 1));
    this.#looks.set(id, { lastAt, nextAt: lastAt + inMs });
    try {
      const described = await describedKeyIfThere(ports, externalKeyId);
      if (described === undefined) return;
      if (described.versions.size === 0) await assertReadable(ports, record.value);
      await tellWhatAppeared(ports, record, described.versions);
    } catch (err) {
      this.#looks.set(id, { lastAt, nextAt: lastAt + AGAIN_MS });
      const message = 'nobody can tell now if material that was destroyed is there again';
      log.warn({ externalKeyId, err }, message);
    }
  }
}

/**
 * A key without versions may have lost them all, or may be damaged: then nobody knows what it has.
 *
 * @throws KeyManagerError `corrupt`
 */
async function assertReadable(
  { keyManager }: LifecyclePorts,
  { externalKeyId, state }: KeyRecord,
): Promise<void> {
  if (state === 'Destroyed') return; // Its being there is all that is to be told.
  const { problem } = (await keyManager.administration.summarizeKey?.(externalKeyId)) ?? {};
  if (problem !== undefined) throw new KeyManagerError('corrupt', problem);
}

/** Nothing is told of a key that somebody has changed meanwhile: the material may be imported. */
async function tellWhatAppeared(
  { records, state, events, keyManager }: LifecyclePorts,
  { value, revision }: Recorded<KeyRecord>,
  present: ReadonlyMap<number, KeyVersion>,
): Promise<void> {
  const { externalKeyId } = value;
  await records.caughtUp();
  if (!state.isInStep || records.keyRecordOf(externalKeyId)?.revision !== revision) return;
  for (const { version, at } of destroyedOf(value)) {
    const appeared = [...present.values()].filter(
      (each) => version === undefined || each.version === version,
    );
    // A key manager may have the key, and not open what is in it.
    if (version !== undefined && appeared.length === 0) continue;
    events.tell({
      ...{ event: 'destroyed-key-appeared', keyManager: keyManager.name, externalKeyId },
      ...(version !== undefined && { keyVersion: version }),
      materialNames: appeared.map(({ materialName }) => materialName.toString('hex')),
      destroyedAt: at,
    });
  }
}

/** The material of a key that must not be there; none while somebody is at the key. */
function destroyedOf(record: KeyRecord): readonly Destroyed[] {
  const { state, intent, destruction, retirements = [], imports = [] } = record;
  if (intent !== undefined) return [];
  if (state === 'Destroyed') return [{ at: destruction?.done?.at }];
  return [...retirements, ...imports].flatMap(({ version, destroyed }) =>
    destroyed === undefined ? [] : [{ version, at: destroyed.at }],
  );
}

function idOf({ keyManager }: LifecyclePorts, { externalKeyId }: KeyRecord): string {
  return `${keyManager.name}/${externalKeyId}`;
}
