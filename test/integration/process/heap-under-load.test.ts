import { setTimeout as sleep } from 'node:timers/promises';
import { expect, it, onTestFinished } from 'vitest';
import { LoadClients } from '../../support/load-clients.js';
import { launchPoliced } from '../../support/reload-rounds.js';
import { temporaryFolder } from '../../support/temporary-folder.js';

/** Requests until the code is compiled and the young generation has its full size. */
const WARM_UP_REQUESTS = 4_000;
const REQUESTS = 8_000;
/** As node's `--trace-gc` tells it, of the isolate: MB before and after. */
const SCAVENGE = /^\[\d+:(0x[0-9a-f]+)\].* Scavenge ([\d.]+) \([\d.]+\) -> ([\d.]+) /gm;

/** More than this goes from one scavenge to the next where a full collection is between them. */
const COLLECTED_MB = 1;

/** The part of what is allocated between scavenges that they leave behind. */
function leftBehind(log: string): number {
  const all = [...log.matchAll(SCAVENGE)].map(([, isolate, before, after]) => ({
    isolate,
    before: Number(before),
    after: Number(after),
  }));
  // The first is the main thread's.
  const own = all.filter(({ isolate }) => isolate === all[0]?.isolate);
  let allocated = 0;
  let left = 0;
  for (const [index, { before, after }] of own.slice(1).entries()) {
    const start = own[index]?.after ?? 0;
    if (after < start - COLLECTED_MB) continue;
    allocated += before - start;
    left += after - start;
  }
  return left / allocated;
}

it('a server under load → the old generation of its heap does not grow with requests', async () => {
  const reloaded = await launchPoliced(temporaryFolder(), ['--trace-gc']);
  const { server } = reloaded;
  onTestFinished(async () => {
    await server.stop();
  });
  const load = await LoadClients.start(reloaded, { clients: 24 });
  while (load.requests < WARM_UP_REQUESTS) await sleep(50);
  const warm = server.log().length;
  while (load.requests < WARM_UP_REQUESTS + REQUESTS) await sleep(50);
  const log = server.log().slice(warm);
  await load.stop();
  // 5 % where V8 takes the objects of requests for long-lived ones, or dead ones name them.
  expect(leftBehind(log)).toBeLessThan(0.01);
});
