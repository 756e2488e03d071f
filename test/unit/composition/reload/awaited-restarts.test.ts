import { describe, expect, it } from 'vitest';
import {
  type AwaitedRestart,
  awaitedRestarts,
} from '../../../../src/composition/reload/awaited-restarts.js';

const PATH = 'keyManagers[hsm].pin';
const CHANGE = { path: PATH, sentence: 'the PIN waits for a restart' };

/** A configuration that takes a PIN from a file, which has this content now. */
function withPin(pin: string | undefined) {
  const reference = '${file:pin}';
  const values =
    pin === undefined ? [] : [{ path: PATH, value: reference, raw: `/${pin}`, reference }];
  return { values, digests: new Map([[`/${pin ?? ''}`, `digest of ${pin ?? ''}`]]) };
}

/** The sentences that wait after each of several contents of the file, from the first on. */
function waitingAfter(pins: readonly (string | undefined)[], isStarted = false) {
  let loaded = withPin('1234');
  let waitsForRestart: readonly AwaitedRestart[] = [];
  return pins.map((pin) => {
    const next = withPin(pin);
    waitsForRestart = awaitedRestarts({ loaded, waitsForRestart }, next, [CHANGE], () => isStarted);
    loaded = next;
    return waitsForRestart.length;
  });
}

describe('what waits for a restart', () => {
  it.each([
    ['another content, and one more → once', ['5678', '9999'], [1, 1]],
    ['the content of the start again → no more', ['5678', '1234'], [1, 0]],
    ['another content after that → again', ['5678', '1234', '5678'], [1, 0, 1]],
    ['taken out of the configuration → no more', ['5678', undefined], [1, 0]],
  ] as const)('%s', (_, pins, counts) => {
    expect(waitingAfter(pins)).toEqual(counts);
  });

  it('what uses it is started anew → has it', () => {
    expect(waitingAfter(['5678'], true)).toEqual([0]);
  });
});
