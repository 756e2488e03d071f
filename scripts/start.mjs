// `npm start`: installs and builds what is missing, then serves.
import './lib/ignored-signals.mjs';
import { ensureBuilt } from './lib/build.mjs';
import { ensureInstalled } from './lib/install.mjs';
import { serve } from './lib/serve.mjs';

await ensureInstalled();
await ensureBuilt();
await serve();
