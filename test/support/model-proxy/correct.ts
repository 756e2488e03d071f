import { createHash, randomBytes } from 'node:crypto';
import { type Behaviour, ModelError, type ModelTarget } from './behaviour.js';
import { decrypt, encrypt, type ModelKey } from './cryptography.js';
import { faultsOf, type Operation } from './validation.js';

/** The credential of the model's key store. */
export const MODEL_CREDENTIAL = {
  accessKeyId: 'MODELMODELMODELMODEL',
  secretAccessKey: randomBytes(32).toString('base64'),
};

/** Name of the model in its certificate and its URL. */
export const MODEL_HOST = 'xks.example.com';

/** Path of the model's key store. */
export const MODEL_URI_PATH = '/model/kms/xks/v1';

const key = (usages: readonly string[], isEnabled = true): ModelKey => ({
  material: randomBytes(32),
  usages,
  isEnabled,
});

/** The keys of the model. */
export const MODEL_KEYS: ReadonlyMap<string, ModelKey> = new Map([
  ['Model-key', key(['ENCRYPT', 'DECRYPT'])],
  ['other-key', key(['ENCRYPT', 'DECRYPT'])],
  ['encrypt-only', key(['ENCRYPT'])],
  ['decrypt-only', key(['DECRYPT'])],
  ['disabled', key(['ENCRYPT', 'DECRYPT'], false)],
]);

const PATH =
  /^\/model\/kms\/xks\/v1\/(?:(health)|keys\/([\w.-]{1,128})\/(metadata|encrypt|decrypt))$/;

function targetOf(path: string): ModelTarget | undefined {
  const match = PATH.exec(path);
  if (match === null) return undefined;
  return { operation: (match[1] ?? match[3]) as Operation, keyId: match[2] ?? '' };
}

/** A proxy that does all that the specification asks. */
export const CORRECT: Behaviour = {
  targetOf,
  methodNotAllowed: () => 405,
  authorizationOf: ({ authorizations }) => authorizations[0] ?? '',
  maxAgeMs: 300_000,
  requiredHeaders: ['host', 'x-amz-date'],
  serviceOf: () => 'kms-xks-proxy',
  hostOf: ({ headers }) => headers['host'] ?? '',
  bodyHashOf: ({ body }) => createHash('sha256').update(body).digest('hex'),
  isSignature: (given, computed) => given === computed,
  isAuthenticating: () => true,
  faultsOf,
  faultError: () => new ModelError('ValidationException', 400),
  maxBodyBytes: 131_072,
  keyOf: (id) => MODEL_KEYS.get(id),
  encrypt,
  decrypt,
  metadataOf: ({ usages, isEnabled }) => ({
    keySpec: 'AES_256',
    keyUsage: usages,
    keyStatus: isEnabled ? 'ENABLED' : 'DISABLED',
  }),
  health: () => ({
    xksProxyFleetSize: 1,
    xksProxyVendor: 'Model',
    xksProxyModel: 'Model 1.0',
    ekmVendor: 'Model',
    ekmFleetDetails: [{ id: 'model-1', model: 'Model 1.0', healthStatus: 'ACTIVE' }],
  }),
  finish: (answer) => answer,
};
