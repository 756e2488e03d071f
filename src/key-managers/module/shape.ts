import { z } from 'zod';
import { formatPath } from '../../configuration/reading/problem.js';
import { KeyManagerError } from '../backend.js';
import type { CreateKeyManager, ModuleKeyManager } from './factory.js';

const text = z.string({ error: 'a text' }).min(1, { error: 'a text, not empty' });
const method = z.custom((value) => typeof value === 'function', { error: 'a function' });

const nodeShape = z.object(
  {
    name: text,
    location: text,
    vendor: text,
    model: text,
    inProcess: z.boolean({ error: 'true or false' }),
    describeKey: method,
    describeKeyAnew: method.optional(),
    encrypt: method,
    encryptAndTry: method.optional(),
    decrypt: method,
    checkHealth: method,
    close: method,
  },
  { error: 'a node' },
);

const algorithm = choiceOf(['RSAES_OAEP_SHA_256', 'RSA_AES_KEY_WRAP_SHA_256']);
const keySpec = choiceOf(['RSA_2048', 'RSA_3072', 'RSA_4096']);
const wayShape = z.object(
  { wrappingAlgorithm: algorithm, wrappingKeySpec: keySpec },
  { error: 'a way with wrappingAlgorithm and wrappingKeySpec' },
);

const importShape = z.object(
  {
    ways: z.array(wayShape, { error: 'a list of ways' }),
    createWrappingKey: method,
    importKeyMaterial: method,
    destroyWrappingKey: method,
    destroyOldWrappingKeys: method.optional(),
  },
  { error: 'an object, left out where nothing can be imported' },
);

const keyManagerShape = z.object(
  {
    nodes: z
      .array(nodeShape, { error: 'a list of nodes' })
      .min(1, { error: 'at least one node' })
      .refine((nodes) => new Set(nodes.map(({ name }) => name)).size === nodes.length, {
        error: 'nodes with a name of their own each',
      }),
    administration: z.object(
      {
        listKeys: method.optional(),
        summarizeKey: method.optional(),
        createKey: method.optional(),
        rotateKey: method.optional(),
        setKeyEnabled: method.optional(),
        destroyVersion: method.optional(),
        destroyKey: method.optional(),
        materialImport: importShape.optional(),
        countsEncryptions: z.boolean().optional(),
      },
      { error: 'an object, empty where there is nothing to administer' },
    ),
  },
  { error: 'an object of nodes and administration' },
);

/** The shape is only looked at: a copy of what was made would have lost its `this`. */
const keyManagerSchema = z.custom<ModuleKeyManager>().superRefine((made, context) => {
  for (const { path, message } of keyManagerShape.safeParse(made).error?.issues ?? []) {
    context.addIssue({ code: 'custom', path, message });
  }
});

const exportsSchema = z.object({
  createKeyManager: z.custom<CreateKeyManager>((value) => typeof value === 'function'),
});

/**
 * Finds the factory among what a module exports.
 *
 * @throws KeyManagerError `misconfigured`
 */
export function findFactory(exported: unknown, module: string): CreateKeyManager {
  const { data } = exportsSchema.safeParse(exported);
  if (data !== undefined) return data.createKeyManager;
  throw new KeyManagerError(
    'misconfigured',
    `${module} exports no function that is called createKeyManager`,
  );
}

/**
 * Checks what a factory has made, as far as that can be told without calling it.
 *
 * @throws KeyManagerError `misconfigured` with everything that is missing
 */
export function checkKeyManager(made: unknown, module: string): ModuleKeyManager {
  const { data, error } = keyManagerSchema.safeParse(made);
  if (error === undefined) return data;
  throw new KeyManagerError(
    'misconfigured',
    `what createKeyManager of ${module} made is no key manager; it needs ` +
      error.issues.map(describeIssue).join('; '),
  );
}

function describeIssue({ path, message }: z.core.$ZodIssue): string {
  const where = formatPath(path.map((part) => (typeof part === 'symbol' ? '' : part)));
  return where === '' ? message : `${where}: ${message}`;
}

function choiceOf<const Choices extends readonly string[]>(choices: Choices) {
  return z.enum(choices, { error: `one of ${choices.join(', ')}` });
}
