import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import type { Block, BlockSubject } from '../../src/authorization/blocks/block.js';
import { Blocks } from '../../src/authorization/blocks/blocks.js';
import { KeptBlocks } from '../../src/authorization/blocks/kept-blocks.js';
import { writeFileAtomically } from '../../src/durable/atomic-write.js';
import { masterKeyFrom } from '../../src/sealing/master-key.js';
import { systemClock } from '../../src/shared/clock.js';
import { Secret } from '../../src/shared/secret.js';
import { Confirmations } from '../../src/state/confirmations.js';
import type { StateCopy } from '../../src/state/copy/state-copy.js';
import { captureLog } from './log-lines.js';

/** A key that tests block. */
export const KEY: BlockSubject = { kind: 'key', keyManager: 'files', externalKeyId: 'payroll' };
/** Of the master key that seals kept blocks. */
export const SEALING = randomBytes(32).toString('base64');

/** A word about a block: that it is made, or lifted. */
export function changed(blocked: boolean, subject: BlockSubject = KEY): Block {
  return { subject, blocked, reason: 'incident 4711', by: 'alice', at: '2026-11-28T12:00:00.000Z' };
}

/** The blocks on a replica's own disk. */
export function keptIn(folder: string, key = SEALING): KeptBlocks {
  const masterKey = masterKeyFrom({ key: new Secret(key) }, randomBytes);
  return new KeptBlocks(join(folder, 'blocks.json'), masterKey, writeFileAtomically);
}

/** Opens the blocks of a replica. */
export function openOn(
  state: StateCopy,
  kept?: KeptBlocks,
  { logger: log } = captureLog(),
): Promise<Blocks> {
  const confirmations = new Confirmations({ state, clock: systemClock, replicaName: 'here' });
  return Blocks.open({ state, clock: systemClock, log, confirmations, kept });
}

/** Tells whether requests for the key are refused. */
export const isBlocked = ({ table }: Blocks) => table.ofKey('files', 'PayRoll') !== undefined;
