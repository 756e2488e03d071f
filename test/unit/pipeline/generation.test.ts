import { expect, it } from 'vitest';
import { BlocksInForce } from '../../../src/authorization/blocks/blocks-in-force.js';
import type { PipelineServices, ServedGeneration } from '../../../src/pipeline/context.js';
import { createHandle } from '../../../src/pipeline/handle.js';
import { InFlight } from '../../../src/pipeline/in-flight.js';
import { Overload } from '../../../src/pipeline/overload.js';
import { systemClock } from '../../../src/shared/clock.js';
import { deferred } from '../../support/deferred.js';
import { MemoryKeyManager } from '../../support/memory-key-manager.js';
import { encryptBody } from '../../support/xks-requests.js';
import { SERVING, incoming, keyStoreOn, PREFIX } from './harness.js';

function generationOf(keys: Record<string, object>): ServedGeneration {
  const keyStore = keyStoreOn(new MemoryKeyManager(keys), systemClock);
  return {
    keyStores: new Map([['/store', keyStore]]),
    deadlineMs: 2_000,
    queueLimit: 100,
    proxyFleetSize: 1,
    inFlight: new InFlight(),
  };
}

/** A pipeline whose generation can be replaced. */
function replaceable(first: ServedGeneration) {
  let current = first;
  const services: PipelineServices = {
    current: () => current,
    clock: systemClock,
    maxBodyBytes: 65_536,
    proxyModel: 'Holdfast 0.0.0',
    audit: undefined,
    blocks: new BlocksInForce(),
    state: SERVING,
    overload: new Overload(systemClock),
    events: { tell: () => undefined },
    observe: () => undefined,
    reportFailure: () => undefined,
  };
  return {
    handle: createHandle(services),
    replaceBy: (next: ServedGeneration) => {
      current = next;
    },
  };
}

const path = `${PREFIX}/keys/old/encrypt`;

it('a generation is replaced while a body arrives → the request finishes on the one of its head', async () => {
  const before = generationOf({ old: {} });
  const { handle, replaceBy } = replaceable(before);
  const body = deferred<Buffer>();
  const bytes = Buffer.from(JSON.stringify(encryptBody()));
  const options = { at: Date.now(), readBody: () => body.promise };
  const { call } = incoming(path, bytes, options);
  const answer = handle({ ...call, startedAt: systemClock.monotonic() });
  replaceBy(generationOf({ new: {} }));
  let isDrained = false;
  const drained = before.inFlight.drained().then(() => {
    isDrained = true;
  });
  await Promise.resolve();
  expect(isDrained).toBe(false);
  body.resolve(bytes);
  expect((await answer).status).toBe(200);
  await drained;
});

it('a request after a generation was replaced → is served by the new one', async () => {
  const before = generationOf({ old: {} });
  const { handle, replaceBy } = replaceable(before);
  replaceBy(generationOf({ new: {} }));
  const { call } = incoming(path, encryptBody(), { at: Date.now() });
  const answer = await handle({ ...call, startedAt: systemClock.monotonic() });
  expect(answer).toMatchObject({ status: 404 });
  await before.inFlight.drained();
});
