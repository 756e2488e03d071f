import { type ModelAnswer, ModelError } from '../../../support/model-proxy/behaviour.js';
import { CORRECT, MODEL_KEYS } from '../../../support/model-proxy/correct.js';
import { type Deviation, deviation } from './deviation.js';

const HEALTH = CORRECT.health({}) as Readonly<Record<string, unknown>>;
const MANAGER = { id: 'model-1', model: 'Model 1.0', healthStatus: 'ACTIVE' };
const METADATA = { keySpec: 'AES_256', keyUsage: ['ENCRYPT', 'DECRYPT'], keyStatus: 'ENABLED' };

const health = (title: string, found: string, fields: object): Deviation =>
  deviation(title, found, { health: () => ({ ...HEALTH, ...fields }) });
const fleet = (title: string, found: string, entries: unknown): Deviation =>
  health(title, found, { ekmFleetDetails: entries });
const metadata = (title: string, found: string, fields: object): Deviation =>
  deviation(title, found, { metadataOf: () => ({ ...METADATA, ...fields }) });

/** Changes the errors of one name. */
const errors = (
  title: string,
  found: string | readonly string[],
  change: (answer: ModelAnswer, name: string) => ModelAnswer,
): Deviation =>
  deviation(title, found, {
    finish: (answer) => {
      if (answer.status === 200 || answer.body === '') return answer;
      const { errorName } = JSON.parse(answer.body) as { errorName: string };
      return change(answer, errorName);
    },
  });
const successes = (
  title: string,
  found: string,
  change: (answer: ModelAnswer) => Partial<ModelAnswer>,
): Deviation =>
  deviation(title, found, {
    finish: (answer) => (answer.status === 200 ? { ...answer, ...change(answer) } : answer),
  });

const made = new Map(MODEL_KEYS);

/** Deviations in GetHealthStatus, GetKeyMetadata, and the form of answers. */
export const answerDeviations: readonly Deviation[] = [
  health('a fleet of nobody', 'health.xksProxyFleetSize', { xksProxyFleetSize: 0 }),
  health('a size in words', 'health.xksProxyFleetSize', { xksProxyFleetSize: '2' }),
  health('half a proxy', 'health.xksProxyFleetSize', { xksProxyFleetSize: 1.5 }),
  health('no vendor', 'health.xksProxyVendor', { xksProxyVendor: undefined }),
  health('no model', 'health.xksProxyModel', { xksProxyModel: null }),
  health("AWS's sample: a model without a version", 'health.model-version', {
    xksProxyModel: 'RustXksProxy',
  }),
  health('no vendor of the key manager', 'health.ekmVendor', { ekmVendor: '' }),
  fleet('no key managers', 'health.ekmFleetDetails', []),
  fleet('eleven key managers', 'health.ekmFleetDetails', Array(11).fill(MANAGER)),
  fleet('key managers that are no list', 'health.ekmFleetDetails', MANAGER),
  fleet('a number for an id', 'health.ekmFleetDetails.id', [{ ...MANAGER, id: 7 }]),
  fleet('no model of a key manager', 'health.ekmFleetDetails.model', [
    { ...MANAGER, model: undefined },
  ]),
  fleet('another word for a status', 'health.healthStatus', [
    { ...MANAGER, healthStatus: 'HEALTHY' },
  ]),
  fleet('a key manager that is away', 'health.can-serve', [
    { ...MANAGER, healthStatus: 'UNAVAILABLE' },
  ]),
  deviation('health for three operations alone', 'health.operations', {
    faultsOf: (operation, fields) =>
      JSON.stringify(fields).includes('UpdateCustomKeyStore')
        ? ['kmsOperation']
        : CORRECT.faultsOf(operation, fields),
  }),

  metadata('another name for AES', 'metadata.key-spec', { keySpec: 'AES-256' }),
  metadata('usages in small letters', 'metadata.key-usage', { keyUsage: ['encrypt', 'decrypt'] }),
  metadata('one usage', 'metadata.key-usage', { keyUsage: ['ENCRYPT'] }),
  metadata('usages in one text', 'metadata.key-usage', { keyUsage: 'ENCRYPT,DECRYPT' }),
  metadata('eleven usages', 'metadata.key-usage-count', {
    keyUsage: ['ENCRYPT', 'DECRYPT', ...Array<string>(9).fill('SIGN')],
  }),
  metadata('a status in small letters', 'metadata.key-status', { keyStatus: 'Enabled' }),
  deviation('another vendor: a key is made when it is asked for', 'metadata.makes-no-key', {
    keyOf: (id) => {
      // What Encrypt and Decrypt make of a key of nobody is another matter.
      if (id.includes('there-yet')) made.set(id, { ...must('Model-key') });
      return made.get(id);
    },
  }),
  deviation('key ids in any case', 'metadata.whole-key-id', {
    keyOf: (id) => [...MODEL_KEYS].find(([name]) => name.toLowerCase() === id.toLowerCase())?.[1],
  }),

  successes('text for JSON', 'answers.content-type', ({ headers }) => ({
    headers: { ...headers, 'Content-Type': 'text/plain' },
  })),
  successes('JSON over several lines', 'answers.one-line', ({ body }) => ({
    body: JSON.stringify(JSON.parse(body), null, 2),
  })),
  errors('errors as text', 'errors.body', (answer, name) => ({ ...answer, body: name })),
  errors('errors without a name', 'errors.body', (answer) => ({ ...answer, body: '{}' })),
  errors('errors in JSON that say they are HTML', 'errors.content-type', (answer) => ({
    ...answer,
    headers: { 'Content-Type': 'text/html' },
  })),
  errors('another vendor: 418 for a missing key', 'errors.status', (answer, name) =>
    name === 'KeyNotFoundException' ? { ...answer, status: 418 } : answer,
  ),
  errors('422 for what is invalid', 'errors.status', (answer, name) =>
    name === 'ValidationException' ? { ...answer, status: 422 } : answer,
  ),
  errors('another name for a path', 'errors.name', (answer, name) =>
    name === 'InvalidUriPathException'
      ? { ...answer, body: '{"errorName":"NotFoundException"}' }
      : answer,
  ),
  errors('messages of 512 characters', 'errors.message', (answer, errorName) => ({
    ...answer,
    body: JSON.stringify({ errorName, errorMessage: 'x'.repeat(512) }),
  })),
  errors('messages beyond ASCII', 'errors.message', (answer, errorName) => ({
    ...answer,
    body: JSON.stringify({ errorName, errorMessage: 'Schlüssel' }),
  })),
  deviation(
    'another vendor: 401 for a body that is no JSON',
    ['metadata', 'encrypt', 'decrypt'].map((operation) => `errors.no-json.${operation}`),
    {
      faultError: (_operation, [fault]) =>
        fault === 'body'
          ? new ModelError('AuthenticationFailedException', 401)
          : new ModelError('ValidationException', 400),
    },
  ),
];

function must(id: string) {
  const key = MODEL_KEYS.get(id);
  if (key === undefined) throw new Error(`there is no ${id}`);
  return key;
}
