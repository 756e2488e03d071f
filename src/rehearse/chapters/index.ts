import type { Chapter } from '../chapter.js';
import { changeCredential } from './change-credential.js';
import { connectKeyStore } from './connect-key-store.js';
import { createKey } from './create-key.js';
import { createKeyStore } from './create-key-store.js';
import { disconnectKeyStore } from './disconnect-key-store.js';
import { encryptAndDecrypt } from './encrypt-and-decrypt.js';
import { envelopeEncryption } from './envelope-encryption.js';
import { latencyAtTheEdge } from './latency-at-the-edge.js';
import { proxyGoneAndBack } from './proxy-gone-and-back.js';
import { reEncrypt } from './re-encrypt.js';
import { restartProxy } from './restart-proxy.js';

/** The story, in the order in which it is played. A chapter is a file here and a line in this. */
export const CHAPTERS: readonly Chapter[] = [
  createKeyStore,
  connectKeyStore,
  createKey,
  encryptAndDecrypt,
  envelopeEncryption,
  reEncrypt,
  changeCredential,
  restartProxy,
  latencyAtTheEdge,
  proxyGoneAndBack,
  disconnectKeyStore,
];
