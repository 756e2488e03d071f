import type { AnswerOf, RequestOf } from '../contract/route.js';
import type { Routes } from '../contract/routes.js';
import type { InForce } from '../in-force.js';
import { adoptCounters } from './adopt-counters.js';
import { createAlias, deleteAlias, listAliases, moveAlias } from './aliases.js';
import {
  blockKey,
  blockKeyStore,
  blockPrincipals,
  listBlocks,
  unblockKey,
  unblockKeyStore,
  unblockPrincipals,
} from './blocks.js';
import { listFailedAuthentications } from './failed-authentications.js';
import { closeBreakGlass, listBreakGlass, openBreakGlass } from './break-glass.js';
import {
  addCredential,
  disableCredential,
  enableCredential,
  exportCredential,
  listCredentials,
  removeCredential,
} from './credentials.js';
import { createKey } from './create-key.js';
import { exportKeyStore } from './export-key-store.js';
import {
  adoptKey,
  disableKey,
  enableKey,
  rotateKey,
  scheduleRotation,
  updateKey,
} from './key-acts.js';
import {
  cancelDeletion,
  checkDestruction,
  scheduleDeletion,
  showCertificate,
  showKeyUsers,
} from './key-deletion.js';
import { deleteImportedMaterial, getImportParameters, importKeyMaterial } from './key-import.js';
import { listKeyVersions, retireKeyVersion } from './key-versions.js';
import { listKeyStores } from './list-key-stores.js';
import { listKeys } from './list-keys.js';
import { moveKeys } from './move-keys.js';
import { recoverState } from './recover-state.js';
import { previewReload, reload } from './reload.js';
import { showKey } from './show-key.js';
import { showKeyManager } from './show-key-manager.js';
import { showStatus } from './show-status.js';
import { testNotification } from './test-notification.js';

/**
 * The operations of the admin API, one per route, with the name of the administrator who asks. An
 * expected failure is an AdminError.
 */
export type AdminOperations = {
  readonly [Name in keyof Routes]: (
    request: RequestOf<Routes[Name]>,
    by: string,
  ) => AnswerOf<Routes[Name]> | Promise<AnswerOf<Routes[Name]>>;
};

/** @param inForce asked anew by each operation, so that it may change in between */
export function createAdminOperations(inForce: () => InForce): AdminOperations {
  return {
    listKeys: (request) => listKeys(inForce(), request),
    createKey: (request, by) => createKey(inForce(), request, by),
    enableKey: (request, by) => enableKey(inForce(), request, by),
    disableKey: (request, by) => disableKey(inForce(), request, by),
    rotateKey: (request, by) => rotateKey(inForce(), request, by),
    adoptKey: (request, by) => adoptKey(inForce(), request, by),
    updateKey: (request) => updateKey(inForce(), request),
    scheduleRotation: (request) => scheduleRotation(inForce(), request),
    getImportParameters: (request, by) => getImportParameters(inForce(), request, by),
    importKeyMaterial: (request, by) => importKeyMaterial(inForce(), request, by),
    deleteImportedMaterial: (request, by) => deleteImportedMaterial(inForce(), request, by),
    scheduleDeletion: (request, by) => scheduleDeletion(inForce(), request, by),
    cancelDeletion: (request) => cancelDeletion(inForce(), request),
    checkDestruction: (request) => checkDestruction(inForce(), request),
    showKeyUsers: (request) => showKeyUsers(inForce(), request),
    showCertificate: (request) => showCertificate(inForce(), request),
    listKeyVersions: (request) => listKeyVersions(inForce(), request),
    retireKeyVersion: (request, by) => retireKeyVersion(inForce(), request, by),
    listAliases: (request) => listAliases(inForce(), request),
    createAlias: (request, by) => createAlias(inForce(), request, by),
    moveAlias: (request, by) => moveAlias(inForce(), request, by),
    deleteAlias: (request) => deleteAlias(inForce(), request),
    blockKey: (request, by) => blockKey(inForce(), request, by),
    unblockKey: (request, by) => unblockKey(inForce(), request, by),
    blockKeyStore: (request, by) => blockKeyStore(inForce(), request, by),
    unblockKeyStore: (request, by) => unblockKeyStore(inForce(), request, by),
    blockPrincipals: (request, by) => blockPrincipals(inForce(), request, by),
    unblockPrincipals: (request, by) => unblockPrincipals(inForce(), request, by),
    listBlocks: () => listBlocks(inForce()),
    listCredentials: (request) => listCredentials(inForce(), request),
    addCredential: (request, by) => addCredential(inForce(), request, by),
    disableCredential: (request) => disableCredential(inForce(), request),
    enableCredential: (request) => enableCredential(inForce(), request),
    removeCredential: (request) => removeCredential(inForce(), request),
    exportCredential: (request) => exportCredential(inForce(), request),
    listFailedAuthentications: () => listFailedAuthentications(inForce()),
    showKey: (request) => showKey(inForce(), request),
    showKeyManager: (request) => showKeyManager(inForce(), request),
    adoptCounters: (request) => adoptCounters(inForce(), request),
    moveKeys: (request) => moveKeys(inForce(), request),
    listKeyStores: () => listKeyStores(inForce()),
    exportKeyStore: (request) => exportKeyStore(inForce(), request),
    showStatus: () => showStatus(inForce()),
    previewReload: () => previewReload(inForce()),
    reload: (request) => reload(inForce(), request),
    recoverState: () => recoverState(inForce()),
    listBreakGlass: () => listBreakGlass(inForce()),
    openBreakGlass: (request, by) => openBreakGlass(inForce(), request, by),
    closeBreakGlass: (request, by) => closeBreakGlass(inForce(), request, by),
    testNotification: (request, by) => testNotification(inForce(), request, by),
  };
}
