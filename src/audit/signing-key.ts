import { createPrivateKey, generateKeyPairSync, type KeyObject, randomBytes } from 'node:crypto';
import { readFile, rename } from 'node:fs/promises';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { z } from 'zod';
import { writeFileAtomically } from '../durable/atomic-write.js';
import { assertPrivateFiles } from '../durable/private.js';
import { SealingError } from '../sealing/errors.js';
import { masterKeyFrom, type MasterKeySource, openingKey } from '../sealing/master-key.js';
import { scryptParametersSchema } from '../sealing/scrypt-parameters.js';
import { open, seal } from '../sealing/seal.js';
import { ifThere } from '../shared/errno.js';
import type { Secret } from '../shared/secret.js';
import { formatVerifierKey, type NoteSigner, noteSigner } from '../transparency-log/signed-note.js';
import type { AuditConfig } from './config.js';
import { NEW_LOG, UnusableLogError } from './log/unusable-log.js';

const KEY_FILE = 'signing-key.json';
const ORIGIN_SUFFIX_BYTES = 4;

const keyDocumentSchema = z.strictObject({
  format: z.literal(1),
  origin: z.string(),
  publicKey: z.string(),
  sealing: z.strictObject({ masterKeyId: z.string(), scrypt: scryptParametersSchema.optional() }),
  /** Compact JWE over the key in PKCS #8. */
  privateKey: z.string(),
});

/** The facts of the log that its key depends on. */
export interface KnownLog {
  readonly directory: string;
  /** The name of the log by {@link originOfLog}; absent for a new log that may have any. */
  readonly origin: string | undefined;
  /** True when the log exists already. */
  readonly exists: boolean;
  /** True when a log that is begun takes the place of one that was lost. */
  readonly followsLostLog?: boolean;
}

/**
 * Finds the key that signs a log's checkpoints: the configured one, or the one in the log's folder,
 * which is made when the log is begun.
 *
 * @throws UnusableLogError when the key of an existing log is gone, SealingError when it does not
 *   open, NotPrivateError when others can reach it
 */
export async function signingKeyOf(
  config: AuditConfig['signingKey'],
  log: KnownLog,
): Promise<NoteSigner> {
  if ('privateKey' in config)
    return noteSigner(log.origin ?? newOrigin(), parseKey(config.privateKey));
  const path = join(log.directory, KEY_FILE);
  if (!log.exists && log.followsLostLog === true) await setAside(path);
  const text = await readPrivateIfThere(path);
  if (text !== undefined) {
    const signer = await openKey(path, text, config.masterKey);
    if (log.origin === undefined || log.origin === signer.verifierKey.name) return signer;
    throw new UnusableLogError(
      `${path} is the key of the log ${signer.verifierKey.name}, and not of ${log.origin}. Set audit.origin to its name, or give the new log a folder of its own.`,
    );
  }
  if (log.exists) {
    throw new UnusableLogError(
      `The key that signs the audit log is gone: ${path}. Restore it from a backup. ${NEW_LOG}`,
    );
  }
  return makeKey(path, log.origin ?? newOrigin(), config.masterKey);
}

function parseKey(pem: Secret): KeyObject {
  try {
    return createPrivateKey(pem.reveal());
  } catch {
    // OpenSSL's words may quote the key.
    throw new UnusableLogError('audit.signingKey.privateKey is no private key in PEM.');
  }
}

/**
 * Decides on the name of a log, of which no two may be alike: to whoever has kept checkpoints of
 * the first, the second would be the first one rewritten.
 *
 * @param configured what a log is called, or what its name begins with
 * @param log `begun`: its name, where it is there; `followsLostLog`: whether it takes the place of
 *   one
 * @returns undefined for a new log that may have any name
 */
export function originOfLog(
  configured: string | undefined,
  log: { readonly begun: string | undefined; readonly followsLostLog: boolean },
): string | undefined {
  const { begun, followsLostLog } = log;
  if (configured === undefined) return begun;
  if (begun?.startsWith(`${configured}/`) === true) return begun;
  return begun === undefined && followsLostLog ? `${configured}/${randomSuffix()}` : configured;
}

/** The lost log's key, restored or left over: a new log with it would have that log's name. */
async function setAside(path: string): Promise<void> {
  await ifThere(rename(path, `${path}.of-lost-log-${randomSuffix()}`));
}

/** Names of hosts repeat, in containers above all. */
function newOrigin(): string {
  const host = hostname().replaceAll(/[^A-Za-z0-9.-]/g, '-');
  return `${host}/holdfast-audit-${randomSuffix()}`;
}

function randomSuffix(): string {
  return randomBytes(ORIGIN_SUFFIX_BYTES).toString('hex');
}

async function makeKey(
  path: string,
  origin: string,
  masterKey: MasterKeySource,
): Promise<NoteSigner> {
  const signer = noteSigner(origin, generateKeyPairSync('ed25519').privateKey);
  const publicKey = formatVerifierKey(signer.verifierKey);
  const sealingKey = await masterKeyFrom(masterKey, randomBytes).create();
  const pkcs8 = signer.privateKey.export({ type: 'pkcs8', format: 'der' });
  const document: z.infer<typeof keyDocumentSchema> = {
    format: 1,
    origin,
    publicKey,
    sealing: { masterKeyId: sealingKey.id, scrypt: sealingKey.scrypt },
    privateKey: await seal(sealingKey, pkcs8, { publicKey }),
  };
  pkcs8.fill(0);
  await writeFileAtomically(path, `${JSON.stringify(document, null, 2)}\n`);
  return signer;
}

async function openKey(
  path: string,
  text: string,
  masterKey: MasterKeySource,
): Promise<NoteSigner> {
  const { origin, publicKey, sealing, privateKey } = parseDocument(text);
  const pkcs8 = await unseal(path, async () => {
    const sealingKey = await openingKey(masterKeyFrom(masterKey, randomBytes), sealing);
    return open(sealingKey, privateKey, { publicKey });
  });
  const key = createPrivateKey({ key: Buffer.from(pkcs8), format: 'der', type: 'pkcs8' });
  pkcs8.fill(0);
  const signer = noteSigner(origin, key);
  if (formatVerifierKey(signer.verifierKey) === publicKey) return signer;
  throw new UnusableLogError(`${KEY_FILE} names another public key than that of its private key.`);
}

/** @throws SealingError with the file, and why it does not open */
async function unseal(path: string, work: () => Promise<Uint8Array>): Promise<Uint8Array> {
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof SealingError)) throw error;
    const message = `the key that signs the audit log, ${path}, does not open: ${error.message}`;
    throw new SealingError(error.code, message, { cause: error });
  }
}

function parseDocument(text: string): z.infer<typeof keyDocumentSchema> {
  try {
    return keyDocumentSchema.parse(JSON.parse(text));
  } catch (cause) {
    throw new UnusableLogError(`${KEY_FILE} is damaged. Restore it from a backup.`, { cause });
  }
}

/** Reads a private file after a check that it is one: opening a pipe would wait for a writer. */
function readPrivateIfThere(path: string): Promise<string | undefined> {
  return ifThere(assertPrivateFiles([path]).then(() => readFile(path, 'utf8')));
}
