import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import type { AliasRecord, KeyRecord } from '../../../src/external-keys/record.js';
import { stateAt } from '../../../src/external-keys/state-at.js';
import { answerOf, type KeyState, STATE_TABLE } from '../../../src/external-keys/states.js';
import { KeyManagerError } from '../../../src/key-managers/backend.js';
import { XksError } from '../../../src/xks/errors.js';
import { DAY_MS } from '../scheduled-replica.js';
import { NAMES } from './life-acts.js';
import type { Kept, LifeModel } from './life-model.js';
import type { LifeReplica } from './life-replica.js';
import type { LifeWorld } from './life-world.js';

/** Rounds after which nothing is under way any more where nothing fails. */
const ROUNDS = 4;
/** Longer than any wait before what has failed is tried again. */
const LATER_MS = DAY_MS / 2;
/** Longer than any waiting period, and than material lives here. */
const LONG_MS = 60 * DAY_MS;

/**
 * Lets everything come to its end without faults, and then holds every key, alias and ciphertext,
 * at every replica, against what was asked for and answered.
 */
export async function settle(world: LifeWorld, model: LifeModel): Promise<void> {
  for (const { mortal } of world.living) mortal.spare();
  await world.restart();
  world.endLeases();
  for (let round = 0; round < ROUNDS; round += 1) {
    for (const replica of world.living) {
      await replica.refresh();
      await replica.round();
    }
  }
  for (const replica of world.living) await replica.refresh();
  if (world.keyManager.isReal) await Promise.all(world.living.map((replica) => replica.settled()));
  for (const name of NAMES) {
    const record = keyRecordOf(world, name);
    assert(record?.intent === undefined, `${record?.intent?.act} of ${name} stays for ever`);
    model.assertPermitted(name, record, world.ranMs);
    model.assertAsAnswered(name, record, world.ranMs);
    if (record !== undefined) await assertMaterial(world, record);
  }
  for (const replica of world.living) await assertServes(world, replica, model);
}

/** Lets so much time pass that every waiting period ends, and looks once more. */
export async function outlive(world: LifeWorld, model: LifeModel): Promise<void> {
  await settle(world, model);
  await world.pass(LONG_MS + model.forwardMs, true);
  for (let times = 0; times < 2; times += 1) {
    await settle(world, model);
    await world.pass(LATER_MS, true);
  }
  for (const name of NAMES) {
    const { state, retirements = [], imports = [] } = keyRecordOf(world, name) ?? {};
    assert(state !== 'PendingDeletion', `${name} is never destroyed`);
    if (state === 'Destroyed') continue;
    // Where the oldest goes first, one whose retirement is cancelled keeps the others.
    const { 'destroy-version': destroy } = world.keyManager.capabilities;
    const mayStay = destroy.can && destroy.oldestFirst === true;
    assert(mayStay || retirements.every(isDestroyed), `a version of ${name} is never destroyed`);
    const ending = imports.filter(({ expiresAt }) => expiresAt !== undefined);
    assert(ending.every(isDestroyed), `material of ${name} never expires`);
  }
}

/** No half state: the key manager has the material that the record says, and no other. */
async function assertMaterial(
  { living: [replica] }: LifeWorld,
  { externalKeyId, state, origin, imports = [], retirements = [] }: KeyRecord,
): Promise<void> {
  const present = await replica?.materialOf(externalKeyId);
  assert(present !== undefined, 'a process lives');
  if (state === 'Destroyed') {
    assert.equal(present.size, 0, `material of ${externalKeyId} outlives its destruction`);
  }
  for (const { version, destroyed } of retirements) {
    const isThere = destroyed !== undefined && present.has(version);
    assert(!isThere, `version ${version} of ${externalKeyId} outlives its destruction`);
  }
  if (origin !== 'external' || state === 'Destroyed') return;
  const known = imports.filter(({ destroyed }) => destroyed === undefined);
  const versions = known.map(({ version }) => version);
  assert.deepEqual([...present].sort(), versions.sort(), `material of ${externalKeyId}`);
}

async function assertServes(
  world: LifeWorld,
  replica: LifeReplica,
  model: LifeModel,
): Promise<void> {
  for (const kept of [...model.kept]) await assertOpens(world, replica, model, kept);
  for (const name of NAMES) {
    const record = keyRecordOf(world, name);
    if (record === undefined) continue;
    const state = stateAt(record, replica.clock.now());
    const status = await answered(() => replica.status(name));
    const row = STATE_TABLE[state];
    const expected = answerOf(state, 'GetKeyMetadata');
    assert.equal(status, expected === 'allowed' ? row.keyStatus : expected, `${name} is ${state}`);
    const plaintext = randomBytes(32);
    const encrypted = await answered(async () => {
      model.keep(name, plaintext, await replica.encrypt(name, plaintext));
      return 'allowed';
    });
    assert.equal(encrypted, answerOf(state, 'Encrypt'), `Encrypt with ${name}, which is ${state}`);
  }
}

async function assertOpens(
  world: LifeWorld,
  replica: LifeReplica,
  model: LifeModel,
  kept: Kept,
): Promise<void> {
  const { externalKeyId, version, askedAs, plaintext, answer } = kept;
  const what = `version ${version} of ${externalKeyId}, asked as ${askedAs},`;
  const opened = await answered(async () => {
    const found = await replica.decrypt(askedAs, answer);
    assert(found.equals(plaintext), `${what} opens to something else`);
    return 'allowed';
  });
  const record = keyRecordOf(world, externalKeyId);
  const state = record === undefined ? 'Enabled' : stateAt(record, replica.clock.now());
  const alias = aliasRecordOf(world, askedAs);
  const mayOpen = opens(state, record, version) && alias?.enabled !== false;
  assert(!(mayOpen && model.isDestroyed(externalKeyId, version)), `${what} comes back`);
  if (mayOpen) assert.equal(opened, 'allowed', `${what} is lost: ${opened}`);
  else assert.notEqual(opened, 'allowed', `${what} opens, and is ${state}`);
  if (!mayOpen && alias === undefined && answerOf(state, 'Decrypt') !== 'allowed') {
    assert.equal(opened, answerOf(state, 'Decrypt'), `${what} is ${state}`);
  }
}

function opens(state: KeyState, record: KeyRecord | undefined, version: number): boolean {
  const isRetired = record?.retirements?.some((each) => each.version === version) === true;
  return answerOf(state, 'Decrypt') === 'allowed' && !isRetired;
}

/** The answer of a replica, or the name of the error that it answers. */
async function answered(ask: () => Promise<string>): Promise<string> {
  try {
    return await ask();
  } catch (error) {
    if (error instanceof XksError) return error.errorName;
    if (error instanceof KeyManagerError) return nameOf(error);
    throw error;
  }
}

/** As the pipeline answers. */
function nameOf({ code }: KeyManagerError): string {
  return code === 'key-not-found' ? 'KeyNotFoundException' : `KeyManagerError ${code}`;
}

function isDestroyed({ destroyed }: { readonly destroyed?: unknown }): boolean {
  return destroyed !== undefined;
}

function keyRecordOf(world: LifeWorld, name: string): KeyRecord | undefined {
  const record = world.recordOf(name);
  return record?.kind === 'key' && record.externalKeyId === name ? record : undefined;
}

function aliasRecordOf(world: LifeWorld, name: string): AliasRecord | undefined {
  const record = world.recordOf(name);
  return record?.kind === 'alias' && record.externalKeyId === name ? record : undefined;
}
