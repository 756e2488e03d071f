/**
 * Kills Holdfast amid every act on keys, before every change that the act makes on disk or in the
 * database, and looks at what the next start makes of it: see docs/benchmark.md. One act by its
 * title, and one place:
 *
 *     node --import tsx test/bench/act-kills.ts ['rotate' ['sealed, in PostgreSQL']]
 */
import { ensureBuilt } from '../../scripts/lib/build.mjs';
import { killAmid } from '../support/act-kills/act-kill-rounds.js';
import { KILLED_ACTS, type KilledAct } from '../support/act-kills/kill-acts.js';
import { installPostgresql } from '../../scripts/lib/install-postgresql.mjs';
import {
  DatabasePlace,
  type KilledPlace,
  PLACES_IN_FILES,
} from '../support/act-kills/killed-place.js';
import { type PreparedKeys, prepareKeys } from '../support/act-kills/prepared-keys.js';

const [wanted, wantedPlace] = process.argv.slice(2);
let kills = 0;
let faults = 0;

/** Kills it before the first change, before the second, until the act is over before the kill. */
async function killEverywhere(prepared: PreparedKeys, act: KilledAct): Promise<number> {
  for (let changes = 0; ; changes += 1) {
    try {
      if ((await killAmid(prepared, act, changes)) === 'not reached') return changes;
    } catch (error) {
      faults += 1;
      console.log(`${prepared.place.title}, ${act.title}, killed after ${changes} changes:`, error);
    }
    kills += 1;
  }
}

async function killIn(place: KilledPlace): Promise<void> {
  const prepared = await prepareKeys(place);
  for (const act of KILLED_ACTS.filter(({ title }) => wanted === undefined || title === wanted)) {
    const changes = await killEverywhere(prepared, act);
    console.log(`${place.title.padEnd(24)}${act.title.padEnd(42)}${changes} changes`);
  }
  await prepared.remove();
}

await ensureBuilt();
const database = await DatabasePlace.launch(await installPostgresql());
try {
  for (const place of [...PLACES_IN_FILES, database]) {
    if (wantedPlace === undefined || place.title === wantedPlace) await killIn(place);
  }
} finally {
  await database.dispose();
}
console.log(`${kills} kills: ${faults} after which something was lost, half done or left`);
process.exitCode = faults === 0 ? 0 : 1;
