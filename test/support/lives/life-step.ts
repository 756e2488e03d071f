import fc from 'fast-check';
import type { Fault } from './mortal.js';

/** The acts of a life, and how often each comes. */
const WEIGHTS = {
  create: 5,
  'make-elsewhere': 1,
  encrypt: 10,
  decrypt: 4,
  rotate: 9,
  'schedule-rotation': 1,
  enable: 5,
  disable: 5,
  adopt: 2,
  update: 1,
  'schedule-deletion': 1,
  'cancel-deletion': 2,
  'retire-version': 6,
  'cancel-retirement': 1,
  parameters: 2,
  import: 3,
  bring: 10,
  'delete-material': 4,
  'create-alias': 5,
  'move-alias': 6,
  'delete-alias': 1,
  refresh: 3,
  round: 6,
  pass: 6,
  'set-forward': 1,
  kill: 1,
  restart: 6,
  'end-leases': 2,
  settle: 4,
} as const;

/** An act of a life. */
export type LifeAct = keyof typeof WEIGHTS;

/** One step of a life. The numbers choose among what there is when it comes. */
export interface LifeStep {
  readonly act: LifeAct;
  readonly replica: number;
  /** The key, and the other one: of an alias, or its target. */
  readonly name: number;
  readonly other: number;
  /** The version, material, time or ciphertext. */
  readonly number: number;
  readonly flag: boolean;
  readonly fault: Fault | undefined;
}

/** A step, and one that another replica makes at the same time. */
export interface LifeMoment {
  readonly step: LifeStep;
  readonly beside: LifeStep | undefined;
}

const fault: fc.Arbitrary<Fault> = fc.record({
  kind: fc.constantFrom('crash', 'crash', 'lost-write', 'lost-call'),
  after: fc.constantFrom(0, 0, 1, 1, 2, 3, 4, 6),
  made: fc.boolean(),
});

/** Something that most steps do without. */
function seldom<T>(arbitrary: fc.Arbitrary<T>): fc.Arbitrary<T | undefined> {
  return fc.oneof({ weight: 2, arbitrary: fc.constant(undefined) }, { weight: 1, arbitrary });
}

const act = fc.oneof(
  ...Object.entries(WEIGHTS).map(([name, weight]) => ({
    weight,
    arbitrary: fc.constant(name as LifeAct),
  })),
);

/** Few names most of the time, so that much happens to one key. */
const name = fc.constantFrom(0, 0, 0, 1, 1, 1, 2, 3, 4, 5);

const step: fc.Arbitrary<LifeStep> = fc.record({
  act,
  replica: fc.nat(1),
  name,
  other: name,
  number: fc.nat(11),
  flag: fc.boolean(),
  fault: seldom(fault),
});

/** The moments of one life, in their order. */
export function lifeOf(moments: number): fc.Arbitrary<readonly LifeMoment[]> {
  const moment = fc.record({ step, beside: seldom(step) });
  // Short lives and small numbers are for shrinking alone.
  return fc.noBias(fc.array(moment, { minLength: 1, maxLength: moments, size: 'max' }));
}
