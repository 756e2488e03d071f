import { createRequire } from 'node:module';
import { setFlagsFromString } from 'node:v8';
import type * as CedarModule from '@cedar-policy/cedar-wasm/nodejs';

const MODULE = '@cedar-policy/cedar-wasm/nodejs';

/**
 * V8 of Node 20 ends the process ("Fatal error … unreachable code") when it takes back the
 * optimisation of a function into which it has copied a call of WebAssembly that returns an object,
 * as all calls of Cedar do. Seen within seconds of evaluations in a loop; so it copies none.
 */
const NO_INLINED_CALLS = '--no-turbo-inline-js-wasm-calls';
const V8_OF_NODE_20 = '11.';

/** An instance of Cedar, compiled to WebAssembly. */
export type Cedar = typeof CedarModule;

/**
 * Makes an instance of Cedar. One that has trapped is of no use any more, because its stack stays
 * where it was, so that everything after it traps as well. Takes some 50 ms.
 */
export function newCedar(): Cedar {
  if (process.versions.v8.startsWith(V8_OF_NODE_20)) setFlagsFromString(NO_INLINED_CALLS);
  // One for each: it keeps everything that it has ever loaded.
  const require = createRequire(import.meta.url);
  const path = require.resolve(MODULE);
  const cached = require.cache[path];
  Reflect.deleteProperty(require.cache, path);
  try {
    return require(path) as Cedar;
  } finally {
    // Nobody else is to find an instance that is in use.
    if (cached === undefined) Reflect.deleteProperty(require.cache, path);
    else require.cache[path] = cached;
  }
}
