// Imported first by scripts that become the server, before there is anything built: what
// src/shared/ignored-signals.ts does from then on.
import { close, url } from 'node:inspector';

for (const signal of ['SIGHUP', 'SIGUSR1', 'SIGUSR2']) process.on(signal, () => undefined);
closeDebugger();
setImmediate(closeDebugger);

function closeDebugger() {
  if (url() !== undefined) close();
}
