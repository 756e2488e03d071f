// `npm start`: installs and builds what is missing, then becomes the server. It runs in this
// process, and not in a child, so that npm's signals reach it and its exit code reaches npm.
import { ensureBuilt } from './lib/build.mjs';
import { ensureInstalled } from './lib/install.mjs';

await ensureInstalled();
await ensureBuilt();
// Ctrl-C signals npm and this process, and npm passes it on: the same signal comes twice, and the
// second must not end what the first has asked to finish.
for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => undefined);
const entry = new URL('../dist/main.js', import.meta.url);
const server = /** @type {{ main: () => Promise<void> }} */ (await import(entry.href));
await server.main();
