import { describe, expect, it } from 'vitest';
import {
  type KeyState,
  type Need,
  requireKeyState,
} from '../../../../src/kms-simulator/keys/states.js';

const ARN = 'arn:aws:kms:eu-west-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab';
const STATES: readonly KeyState[] = ['Enabled', 'Disabled', 'PendingDeletion', 'Unavailable'];
const INVALID = 'KMSInvalidStateException';

/** For each need, the outcome in each state of the list above. */
const TABLE: Readonly<Record<Need, readonly string[]>> = {
  use: ['ok', 'DisabledException', INVALID, INVALID],
  rotate: ['ok', 'DisabledException', INVALID, INVALID],
  change: ['ok', 'ok', INVALID, 'ok'],
  cancelDeletion: [INVALID, INVALID, 'ok', INVALID],
  look: ['ok', 'ok', 'ok', 'ok'],
};

describe('an operation on a key in a state', () => {
  it.each(
    Object.entries(TABLE).flatMap(([need, outcomes]) =>
      STATES.map((state, index) => [need as Need, state, outcomes[index]] as const),
    ),
  )('%s, %s → %s', (need, state, outcome) => {
    expect(
      outcomeOf(() => {
        requireKeyState(ARN, state, need);
      }),
    ).toBe(outcome);
  });

  it.each([
    ['Disabled', 'use', `${ARN} is disabled.`],
    ['PendingDeletion', 'use', `${ARN} is pending deletion.`],
    ['Enabled', 'cancelDeletion', `${ARN} is not pending deletion.`],
  ] as const)('%s, %s → KMS’s words: %s', (state, need, message) => {
    expect(() => {
      requireKeyState(ARN, state, need);
    }).toThrow(message);
  });
});

function outcomeOf(act: () => void): string {
  try {
    act();
    return 'ok';
  } catch (error) {
    return error instanceof Error ? error.name : String(error);
  }
}
