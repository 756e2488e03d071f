import type { AnswerOf, RequestOf } from '../contract/route.js';
import type { Routes } from '../contract/routes.js';
import type { InForce } from '../in-force.js';
import { adoptCounters } from './adopt-counters.js';
import { createKey } from './create-key.js';
import { exportKeyStore } from './export-key-store.js';
import { listKeyStores } from './list-key-stores.js';
import { listKeys } from './list-keys.js';
import { moveKeys } from './move-keys.js';
import { recoverState } from './recover-state.js';
import { showKey } from './show-key.js';
import { showKeyManager } from './show-key-manager.js';
import { showStatus } from './show-status.js';

/** The operations of the admin API, one per route. An expected failure is an AdminError. */
export type AdminOperations = {
  readonly [Name in keyof Routes]: (
    request: RequestOf<Routes[Name]>,
  ) => AnswerOf<Routes[Name]> | Promise<AnswerOf<Routes[Name]>>;
};

/** @param inForce asked anew by each operation, so that it may change in between */
export function createAdminOperations(inForce: () => InForce): AdminOperations {
  return {
    listKeys: (request) => listKeys(inForce(), request),
    createKey: (request) => createKey(inForce(), request),
    showKey: (request) => showKey(inForce(), request),
    showKeyManager: (request) => showKeyManager(inForce(), request),
    adoptCounters: (request) => adoptCounters(inForce(), request),
    moveKeys: (request) => moveKeys(inForce(), request),
    listKeyStores: () => listKeyStores(inForce()),
    exportKeyStore: (request) => exportKeyStore(inForce(), request),
    showStatus: () => showStatus(inForce()),
    recoverState: () => recoverState(inForce()),
  };
}
