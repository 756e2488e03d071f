import { type ImportedVersion, isEnding } from '../imported.js';
import type { Recorded } from '../key-records.js';
import { destroyMaterial } from '../lifecycle/delete-material.js';
import type { KeyActs } from '../lifecycle/lifecycle-ports.js';
import { SCHEDULE } from '../lifecycle/rotate-key.js';
import { writing } from '../lifecycle/writing.js';
import type { KeyRecord } from '../record.js';
import { Retries } from './retries.js';
import { forEachFew, type Round, type ScheduledWork } from './scheduled-work.js';
import { DAY_MS } from '../../shared/durations.js';

/** The days before the end at which people are told, and the end itself; the last one first. */
const WARNING_DAYS = [0, 1, 7, 30] as const;
/** Keys that are looked after at the same time. */
const AT_ONCE = 4;

/**
 * Looks after imported material that expires: warns of the date, and destroys the material when the
 * date has come and the store has run for as long. Use ends at the date without anybody's doing.
 */
export class ExpireMaterial implements ScheduledWork {
  readonly #retries = new Retries();

  async run(acts: KeyActs, round: Round): Promise<void> {
    const expiring = acts.ports.records.list().flatMap(expiringKey);
    await forEachFew(expiring, AT_ONCE, round, (record) => this.#lookAfter(acts, record, round));
  }

  #lookAfter(acts: KeyActs, record: Recorded<KeyRecord>, round: Round): Promise<void> {
    const { ports } = acts;
    const { externalKeyId } = record.value;
    const work = () => lookAfter(acts, record, round);
    return this.#retries.attempt(ports, externalKeyId, work, (err) => {
      const message = 'imported material that expires is not looked after';
      ports.log.error({ externalKeyId, err }, message);
    });
  }
}

async function lookAfter(acts: KeyActs, record: Recorded<KeyRecord>, round: Round): Promise<void> {
  const told = await tellAndMeasure(acts, record, round);
  const due = importsOf(told.value).filter((each) => isDue(each, round));
  if (due.length > 0) await destroyMaterial(acts, told, due, SCHEDULE);
}

/** A key with material that has an end, and at which nobody is. */
function expiringKey({ value, revision }: Recorded): readonly Recorded<KeyRecord>[] {
  if (value.kind !== 'key' || value.intent !== undefined || value.state === 'Destroyed') return [];
  return importsOf(value).some(isEnding) ? [{ value, revision }] : [];
}

/** Tells people what is new to tell, and writes down the running time that a version waits for. */
async function tellAndMeasure(
  { ports }: KeyActs,
  { value, revision }: Recorded<KeyRecord>,
  round: Round,
): Promise<Recorded<KeyRecord>> {
  const { keyManager, events, records } = ports;
  const { externalKeyId } = value;
  const imports = importsOf(value).map((each) => measured(warned(each, round), round));
  if (imports.every((each, index) => each === value.imports?.[index])) return { value, revision };
  for (const [index, { version, expiresAt, warnedDays: daysLeft }] of imports.entries()) {
    if (expiresAt === undefined || daysLeft === value.imports?.[index]?.warnedDays) continue;
    const subject = { keyManager: keyManager.name, externalKeyId, keyVersion: version, expiresAt };
    if (daysLeft === 0) events.tell({ event: 'key-expired', ...subject });
    else if (daysLeft !== undefined) events.tell({ event: 'key-expiring', ...subject, daysLeft });
  }
  return writing(records, { ...value, imports }, revision);
}

function warned(imported: ImportedVersion, { now }: Round): ImportedVersion {
  if (!isEnding(imported)) return imported;
  const { expiresAt, warnedDays: before = Infinity } = imported;
  const leftMs = Date.parse(expiresAt) - now;
  const warnedDays = WARNING_DAYS.find((days) => leftMs <= days * DAY_MS);
  return warnedDays === undefined || warnedDays >= before ? imported : { ...imported, warnedDays };
}

function measured(imported: ImportedVersion, { now, ranMs }: Round): ImportedVersion {
  if (!isEnding(imported) || imported.dueRanMs !== undefined) return imported;
  return { ...imported, dueRanMs: ranMs + Math.max(0, Date.parse(imported.expiresAt) - now) };
}

function isDue(imported: ImportedVersion, { now, ranMs }: Round): boolean {
  if (!isEnding(imported)) return false;
  const { expiresAt, dueRanMs = Infinity } = imported;
  return now >= Date.parse(expiresAt) && ranMs >= dueRanMs;
}

function importsOf({ imports = [] }: KeyRecord): readonly ImportedVersion[] {
  return imports;
}
