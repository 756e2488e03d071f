import { endOfUse } from '../../external-keys/state-at.js';
import type { InForce } from '../in-force.js';
import { counted } from '../../shared/counted.js';
import { DAY_MS } from '../../shared/durations.js';

/** Keys that expire later are nobody's work yet. */
const SOON_MS = 30 * DAY_MS;

/** The keys whose imported material has expired or expires within 30 days, one sentence each. */
export function expiringKeys({ acts }: InForce): readonly string[] {
  return [...acts].flatMap(([keyManager, { ports }]) =>
    ports.records.list().flatMap(({ value }) => {
      const end = value.kind === 'key' ? endOfUse(value) : undefined;
      const leftMs = end === undefined ? Infinity : end - ports.clock.now();
      if (end === undefined || leftMs > SOON_MS) return [];
      const key = `the material of the key ${value.externalKeyId} of the key manager ${keyManager}`;
      const date = new Date(end).toISOString();
      return leftMs > 0
        ? [
            `${key} expires in ${counted(Math.ceil(leftMs / DAY_MS), 'day')} (${date}): import it again`,
          ]
        : [`${key} has expired (${date}): the key cannot be used before it is imported again`];
    }),
  );
}
