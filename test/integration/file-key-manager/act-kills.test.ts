import { randomInt } from 'node:crypto';
import { expect, it } from 'vitest';
import { killAmid } from '../../support/act-kills/act-kill-rounds.js';
import { KILLED_ACTS } from '../../support/act-kills/kill-acts.js';
import { PLACES_IN_FILES } from '../../support/act-kills/killed-place.js';
import { prepareKeys } from '../../support/act-kills/prepared-keys.js';

/** The short version of test/bench/act-kills.ts, which kills at every change of every act. */
const KILLS = Number(process.env['HOLDFAST_ACT_KILLS'] ?? 1);
/** No act changes more on disk. */
const MOST_CHANGES = 12;

it.each(PLACES_IN_FILES)(
  '$title keys, killed amid acts → nothing lost, nothing half done',
  async (place) => {
    const prepared = await prepareKeys(place);
    try {
      for (let kill = 0; kill < KILLS; kill += 1) {
        const act = KILLED_ACTS[randomInt(KILLED_ACTS.length)] ?? expect.unreachable();
        const changes = randomInt(MOST_CHANGES);
        await killAmid(prepared, act, changes).catch((cause: unknown) => {
          throw new Error(`${act.title}, killed after ${changes} changes`, { cause });
        });
      }
    } finally {
      await prepared.remove();
    }
  },
);
