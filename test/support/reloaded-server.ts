import { onTestFinished } from 'vitest';
import { launchReloaded, type ReloadedServer } from './launch-reloaded.js';
import { temporaryFolder } from './temporary-folder.js';

/** Starts a server whose configuration a test changes, until the test has finished. */
export async function startReloaded(
  change: Parameters<typeof launchReloaded>[1] = () => undefined,
  env: Readonly<Record<string, string>> = {},
): Promise<ReloadedServer> {
  const reloaded = await launchReloaded(temporaryFolder(), change, env);
  onTestFinished(async () => {
    await reloaded.server.stop();
  });
  return reloaded;
}
