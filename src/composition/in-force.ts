import type { InForce, ReplicaFacts } from '../admin/in-force.js';
import { endingCredentials, expiringCredentials } from './credentials.js';
import type { Generation, Generations } from './generation.js';
import { usersOf } from './key-users.js';
import type { ListenerSet } from './listener-set.js';
import { expiringCertificates } from './listeners.js';
import type { ServerProcess } from './process.js';
import { administeredReloads } from './reload/administered-reloads.js';
import type { ReloadJournal } from './reload/reload-journal.js';
import type { Reloader } from './reload/reloader.js';
import type { ToldTombstones } from './destructions/told-tombstones.js';
import { VERSION } from './version.js';

/** The parts of a server that administrators ask about. */
export interface AdministeredParts {
  readonly lived: ServerProcess;
  readonly generations: Generations;
  readonly listeners: Pick<ListenerSet, 'serving'>;
  readonly tombstones: Pick<ToldTombstones, 'waiting'>;
  readonly reloader: Reloader;
  readonly journal: ReloadJournal;
}

/** Makes a function that says what is in force, for administrators. */
export function inForceOf(parts: AdministeredParts): () => InForce {
  const { generations, reloader } = parts;
  const { state, notifications, keyUse, blocks, policyEngine } = parts.lived;
  const credentials = { runTime: parts.lived.credentials, uses: parts.lived.credentialUses };
  const { breakGlass } = policyEngine;
  const reloads = administeredReloads(reloader, generations);
  return () => {
    const { current } = generations;
    const { keyStores, keyManagers, acts } = current;
    const facts = factsOf(current, parts);
    return {
      ...{ keyStores, keyManagers, acts, state, notifications },
      ...{ keyUse, blocks, breakGlass, credentials, facts, reloads },
    };
  };
}

function factsOf(
  { number, since, loaded, keyStores, waitsForRestart }: Generation,
  {
    lived: { audit, clock, credentials, failedAuthentications },
    listeners,
    tombstones,
    journal,
  }: AdministeredParts,
): ReplicaFacts {
  const { file, hash, configuration } = loaded;
  return {
    version: VERSION,
    generation: { number, file, sha256: hash, since },
    lastReload: journal.last,
    failedReloads: journal.failures,
    waitsForRestart: waitsForRestart.map(({ sentence }) => sentence),
    failedAuthentications: (most) => failedAuthentications.summary(most),
    audit: () => audit?.sample(),
    waiting: () => [
      ...tombstones.waiting,
      ...expiringCertificates(listeners.serving, clock.now()),
      ...expiringCredentials(endingCredentials(keyStores, credentials), clock.now()),
    ],
    usersOf: (key) => usersOf(configuration.audit?.directory, key),
  };
}
