import type { Clock } from '../../shared/clock.js';
import { Deadline } from '../../shared/deadline.js';
import {
  HEALTH_TEST_KEY_ID,
  KeyManagerError,
  type KeyManagerErrorCode,
  type KeyManagerNode,
  type KeyRef,
} from '../backend.js';
import { findTestKey, proveRoundTrip, type TestProof } from '../health-test.js';
import { withinDeadline } from '../within-deadline.js';
import { explained } from './explanations.js';
import { type DiagnosisFinding, ok, skipped } from './finding.js';

/** For each step. Longer than KMS waits, so that a slow node can be told from a dead one. */
const STEP_BUDGET_MS = 5_000;
/** The first may have to connect, so the fastest counts. */
const ROUND_TRIPS = 3;

/** The error codes that concern the test key; all others concern the node. */
const OF_THE_KEY: ReadonlySet<KeyManagerErrorCode> = new Set([
  'key-not-found',
  'version-not-found',
  'key-disabled',
  'usage-denied',
  'unsupported',
  'corrupt',
]);

/** The conditions of a diagnosis. */
export interface DiagnosisTerms {
  readonly clock: Clock;
  /** The total time of a request, in ms. */
  readonly deadlineMs: number;
}

/** The results of examining one node alone. */
export interface Examination {
  readonly findings: readonly DiagnosisFinding[];
  readonly answers: boolean;
  /** Absent where its round trip failed. */
  readonly proof?: TestProof;
}

/** Asks a node for the test key, and has it encrypt and decrypt with it, alone. */
export async function examineNode(
  node: KeyManagerNode,
  terms: DiagnosisTerms,
): Promise<Examination> {
  let key: KeyRef;
  try {
    key = await inStep(terms, (deadline) => findTestKey(node, deadline));
  } catch (error) {
    return withoutTestKey(error);
  }
  const { version, materialName } = key.version;
  const found = [
    ok('answer', 'it answers'),
    ok('test-key', `${HEALTH_TEST_KEY_ID}, version ${version}, ${nameText(materialName)}`),
  ];
  try {
    const { proofs, fastestMs } = await roundTrips(node, terms);
    const findings = [...found, speedOf(fastestMs, terms), ivsOf(proofs)];
    const proof = proofs.at(-1);
    return { findings, answers: true, ...(proof === undefined ? {} : { proof }) };
  } catch (error) {
    const unknown = skipped('ivs', 'it does not encrypt and decrypt');
    return {
      findings: [...found, explained('round-trip', 'failed', error), unknown],
      answers: true,
    };
  }
}

/** Gives a step its time. @throws KeyManagerError `deadline`, or what the step throws */
export function inStep<T>(
  { clock }: DiagnosisTerms,
  step: (deadline: Deadline) => Promise<T>,
): Promise<T> {
  const deadline = Deadline.after(clock, STEP_BUDGET_MS);
  return withinDeadline(step(deadline), deadline, 'the node');
}

/** Writes the name of key material for findings. */
export function nameText(materialName: Buffer): string {
  return `material ${materialName.toString('hex')}`;
}

function withoutTestKey(error: unknown): Examination {
  const answers = error instanceof KeyManagerError && OF_THE_KEY.has(error.code);
  const found = answers
    ? [ok('answer', 'it answers'), explained('test-key', 'failed', error)]
    : [explained('answer', 'failed', error), skipped('test-key', 'it does not answer')];
  const without = 'there is no test key to use';
  return { findings: [...found, skipped('round-trip', without), skipped('ivs', without)], answers };
}

async function roundTrips(node: KeyManagerNode, terms: DiagnosisTerms) {
  const proofs: TestProof[] = [];
  let fastestMs = Infinity;
  while (proofs.length < ROUND_TRIPS) {
    const startedAt = terms.clock.monotonic();
    proofs.push(await inStep(terms, (deadline) => proveRoundTrip(node, deadline)));
    fastestMs = Math.min(fastestMs, terms.clock.monotonic() - startedAt);
  }
  return { proofs, fastestMs };
}

function speedOf(fastestMs: number, { deadlineMs }: DiagnosisTerms): DiagnosisFinding {
  const took = `${fastestMs.toFixed(1)} ms, the fastest of ${ROUND_TRIPS}`;
  const tookMs = Number(fastestMs.toFixed(1));
  if (fastestMs < deadlineMs) {
    return { ...ok('round-trip', `${took}; a request has ${deadlineMs} ms`), tookMs };
  }
  return {
    check: 'round-trip',
    outcome: 'failed',
    tookMs,
    detail: `${took}, is longer than the ${deadlineMs} ms that a request has`,
    meaning:
      'An Encrypt takes a round trip. KMS is told DependencyTimeoutException, and its callers see ' +
      'KMSInvalidStateException.',
    advice:
      'Bring proxy and key manager closer together, or relieve the key manager. A longer deadlineMs ' +
      'does not help: KMS gives up after 250 ms, network included.',
  };
}

function ivsOf(proofs: readonly TestProof[]): DiagnosisFinding {
  const different = new Set(proofs.map(({ sealed }) => sealed.iv.toString('hex')));
  if (different.size === proofs.length) {
    return ok('ivs', `${proofs.length} encryptions, ${different.size} IVs`);
  }
  return {
    check: 'ivs',
    outcome: 'failed',
    detail: `${proofs.length} encryptions had ${different.size} IVs`,
    meaning:
      'AES-GCM under one IV twice gives away plaintexts and lets others forge ciphertexts: what KMS ' +
      'has wrapped here is no longer safe.',
    advice:
      'Take the node out of service at once and tell its vendor. For a token, see that the profile ' +
      'fits it.',
  };
}
