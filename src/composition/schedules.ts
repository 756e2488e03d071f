import { readFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { z } from 'zod';
import { writeFileAtomically } from '../durable/atomic-write.js';
import { makePrivateFolder } from '../durable/private.js';
import {
  type RunningTimeWitness,
  ScheduleClock,
} from '../external-keys/schedules/schedule-clock.js';
import { KeyUse } from '../external-keys/use/key-use.js';
import type { Logger } from '../observability/logger.js';
import type { Clock } from '../shared/clock.js';
import { ifThere } from '../shared/errno.js';
import { parsedJson } from '../shared/parsed-json.js';
import { REPLICA_FOLDER } from '../state/config.js';
import type { State } from '../state/state.js';

const FILE = 'running-time.json';

const witnessSchema = z.strictObject({
  format: z.literal(1),
  storeId: z.string(),
  ranMs: z.number().min(0),
});

/** The parts that the schedules of keys are handed. */
export interface SchedulePorts {
  readonly state: State;
  readonly clock: Clock;
  readonly log: Logger;
}

/** Opens the measured running time of the state store. */
export function openScheduleClock(
  stateDirectory: string,
  { state, clock }: Omit<SchedulePorts, 'log'>,
): ScheduleClock {
  return new ScheduleClock({ state, clock, witness: witnessIn(stateDirectory) });
}

/**
 * Begins to tell which versions of keys are used.
 *
 * @param replica its name for people, where it is configured
 */
export async function startKeyUse(
  replica: string | undefined,
  ports: SchedulePorts,
): Promise<KeyUse> {
  const keyUse = new KeyUse({ ...ports, replicaName: replica ?? hostname() });
  await keyUse.start();
  return keyUse;
}

/**
 * The running time that this replica has seen, on its own disk: a restored state store has run for
 * less. A file that cannot be read says nothing.
 */
function witnessIn(stateDirectory: string): RunningTimeWitness {
  const folder = join(stateDirectory, REPLICA_FOLDER);
  const path = join(folder, FILE);
  return {
    async read() {
      const text = await ifThere(readFile(path, 'utf8'));
      return text === undefined ? undefined : witnessSchema.safeParse(parsedJson(text)).data;
    },
    async write({ storeId, ranMs }) {
      await makePrivateFolder(folder);
      await writeFileAtomically(path, `${JSON.stringify({ format: 1, storeId, ranMs })}\n`);
    },
  };
}
