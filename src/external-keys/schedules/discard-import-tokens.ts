import type { ImportToken } from '../imported.js';
import type { Recorded } from '../key-records.js';
import { hasEnded } from '../lifecycle/import-parameters.js';
import { importOf } from '../lifecycle/imported-key.js';
import type { KeyActs, LifecyclePorts } from '../lifecycle/lifecycle-ports.js';
import type { KeyRecord } from '../record.js';
import { Retries } from './retries.js';
import { forEachFew, type Round, type ScheduledWork } from './scheduled-work.js';

/** Keys that are looked after at the same time. */
const AT_ONCE = 4;

/** The time between two looks for wrapping keys that no record knows. */
const LOOK_MS = 6 * 3_600_000;
/** The look for wrapping keys is at no key: its attempts are those of an id that no key has. */
const NO_KEY = '';

/**
 * Destroys the wrapping keys whose time is over, and those of keys that are destroyed. One that was
 * made just before a crash is in no record: its key manager is asked for such keys at the start and
 * every six hours.
 */
export class DiscardImportTokens implements ScheduledWork {
  readonly #retries = new Retries();
  /** The monotonic time of the last look, by key manager. */
  readonly #lookedAt = new Map<string, number>();

  async run(acts: KeyActs, round: Round): Promise<void> {
    await this.#discardUnknown(acts);
    const keys = acts.ports.records.list().filter(isIdleKey);
    await forEachFew(keys, AT_ONCE, round, async (record) => {
      const { value } = record;
      const over = (value.importTokens ?? []).filter((token) => isOver(value, token, round));
      if (over.length > 0) await this.#discard(acts, record, over);
    });
  }

  async #discardUnknown({ ports }: KeyActs): Promise<void> {
    const { keyManager, clock, log } = ports;
    const { name, administration } = keyManager;
    const now = clock.monotonic();
    if (now - (this.#lookedAt.get(name) ?? -Infinity) < LOOK_MS) return;
    const look = async () => {
      await administration.materialImport?.destroyOldWrappingKeys?.();
      this.#lookedAt.set(name, now);
    };
    await this.#retries.attempt(ports, NO_KEY, look, (err) => {
      log.warn({ keyManager: name, err }, 'nobody can tell if old wrapping keys are left');
    });
  }

  #discard(
    { ports }: KeyActs,
    record: Recorded<KeyRecord>,
    over: readonly ImportToken[],
  ): Promise<void> {
    const { externalKeyId } = record.value;
    const work = () => discard(ports, record, over);
    return this.#retries.attempt(ports, externalKeyId, work, (err) => {
      ports.log.warn({ externalKeyId, err }, 'wrapping keys whose time is over are still there');
    });
  }
}

async function discard(
  ports: LifecyclePorts,
  { value, revision }: Recorded<KeyRecord>,
  over: readonly ImportToken[],
): Promise<void> {
  const materialImport = importOf(ports);
  for (const { wrappingKeyId } of over) await materialImport.destroyWrappingKey(wrappingKeyId);
  const importTokens = value.importTokens?.filter((token) => !over.includes(token));
  await ports.records.put({ ...value, importTokens }, revision);
}

function isIdleKey(record: Recorded): record is Recorded<KeyRecord> {
  return record.value.kind === 'key' && record.value.intent === undefined;
}

function isOver({ state }: KeyRecord, token: ImportToken, { now }: Round): boolean {
  return state === 'Destroyed' || hasEnded(token, now);
}
