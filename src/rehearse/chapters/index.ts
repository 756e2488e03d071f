import type { Chapter } from '../chapter.js';
import { block } from './block.js';
import { changeCredential } from './change-credential.js';
import { connectKeyStore } from './connect-key-store.js';
import { createKeyStore } from './create-key-store.js';
import { createKey } from './create-key.js';
import { deleteKey } from './delete-key.js';
import { denyByPolicy } from './deny-by-policy.js';
import { disconnectKeyStore } from './disconnect-key-store.js';
import { encryptAndDecrypt } from './encrypt-and-decrypt.js';
import { envelopeEncryption } from './envelope-encryption.js';
import { exceedQuota } from './exceed-quota.js';
import { importMaterial } from './import-material.js';
import { latencyAtTheEdge } from './latency-at-the-edge.js';
import { moveAlias } from './move-alias.js';
import { proxyGoneAndBack } from './proxy-gone-and-back.js';
import { reEncrypt } from './re-encrypt.js';
import { restartProxy } from './restart-proxy.js';
import { rotateCredential } from './rotate-credential.js';
import { rotateKey } from './rotate-key.js';

/** The story, in the order in which it is played. A chapter is a file here and a line in this. */
export const CHAPTERS: readonly Chapter[] = [
  createKeyStore,
  connectKeyStore,
  createKey,
  encryptAndDecrypt,
  envelopeEncryption,
  reEncrypt,
  rotateKey,
  moveAlias,
  importMaterial,
  deleteKey,
  block,
  denyByPolicy,
  exceedQuota,
  changeCredential,
  rotateCredential,
  restartProxy,
  latencyAtTheEdge,
  proxyGoneAndBack,
  disconnectKeyStore,
];
