// Imported first by whatever is a process of its own, and imports nothing of ours: modules are
// evaluated in the order of their imports, and a signal may come before the next one.
import { close, url } from 'node:inspector';

/**
 * Signals that would end the process, or open Node's debugger to every user of this machine, and
 * with it the keys. Logrotate and others send them, and nothing is asked by them here.
 */
export const IGNORED_SIGNALS: readonly NodeJS.Signals[] = ['SIGUSR1', 'SIGUSR2'];

// A lost terminal sends SIGHUP, which ends nothing either; the server takes it for a request.
for (const signal of [...IGNORED_SIGNALS, 'SIGHUP'] as const) process.on(signal, () => undefined);
closeDebugger();
// One that came just before is still on its way through another thread.
setImmediate(closeDebugger);

/**
 * Also where NODE_OPTIONS has asked for it, which may be left over from somebody's search for a
 * fault.
 */
function closeDebugger(): void {
  const address = url();
  if (address === undefined) return;
  close();
  process.stderr.write(
    `Node's debugger was open at ${new URL(address).host} and has been closed: whoever reaches it reads keys.\n`,
  );
}
