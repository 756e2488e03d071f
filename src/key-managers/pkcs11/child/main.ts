// The child process of a PKCS#11 node: loads the vendor's library and calls it. Started by
// ../pool/child-process.ts, never by hand.
import '../../../shared/ignored-signals.js';
import { CHANNEL_FD } from '../wire/channel.js';
import { serve } from './serve.js';
import { Worker } from './worker.js';

// The parent ends us by closing the pipe, after the last request: a signal to the whole process
// group (Ctrl-C, systemd) must not be faster. A listener that never runs keeps the signal away.
for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => undefined);

const worker = new Worker();
const isOfUse = serve(CHANNEL_FD, (request) => worker.handle(request));
if (isOfUse) worker.close();
// Not exit(): destructors of the library could hang or crash.
process.kill(process.pid, 'SIGKILL');
