import { parentPort, workerData } from 'node:worker_threads';
import { Counting, type CountingConfig } from './counting.js';
import type { CountingAnswer, CountingRequest } from './counting-thread.js';

const config = workerData as CountingConfig;
const counting = new Counting(config);

parentPort?.on('message', (request: CountingRequest) => {
  switch (request.kind) {
    case 'begin':
      counting.begin(request.log);
      break;
    case 'take':
      counting.take(Buffer.from(request.lines.buffer));
      answer('taken');
      break;
    case 'end':
      counting.end(request.findings);
      break;
    case 'result':
      answer(counting.result());
  }
});

function answer(message: CountingAnswer): void {
  parentPort?.postMessage(message);
}
