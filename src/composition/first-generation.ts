import type { LoadedConfiguration } from '../configuration/configuration-file.js';
import { makeQuickstartKey } from '../quickstart/key.js';
import { Generations, makeGeneration } from './generation.js';
import { closeKeyManagers } from './key-managers.js';
import type { ProcessPorts, ServerProcess } from './process.js';
import { startPlanned } from './reload/start-planned.js';
import type { Teardown } from './teardown.js';

/** The process that a generation is made in, and the list of what is to be stopped. */
interface FirstGenerationPorts {
  readonly lived: ServerProcess;
  readonly teardown: Teardown;
}

/** Starts the key managers, and what is made of the configuration on top of them. */
export async function firstGeneration(
  loaded: LoadedConfiguration,
  { firstStart }: ProcessPorts,
  { lived, teardown }: FirstGenerationPorts,
): Promise<Generations> {
  const { keyManagers: started, quickstart } = loaded.configuration;
  // Before key managers are started: what is wrong with policies is found in a moment.
  const policies = await lived.policyEngine.open(loaded);
  const keyManagers = await startPlanned({ next: loaded, started }, lived, {
    init: firstStart.keys,
  });
  const parts = { number: 1, loaded, policies, keyManagers, waitsForRestart: [] };
  const generations = new Generations(makeGeneration(parts, lived));
  teardown.add(async () => {
    await generations.retired();
    await closeKeyManagers(generations.current.keyManagers);
  });
  const [first] = keyManagers.values();
  if (quickstart && first !== undefined) await makeQuickstartKey(first, lived.clock);
  return generations;
}
