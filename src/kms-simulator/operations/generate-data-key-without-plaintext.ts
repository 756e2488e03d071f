import { dataKeyInput, generateDataKeyOf } from './data-keys.js';
import { operation } from './operation.js';

/** Generates a data key, encrypted alone. */
export const generateDataKeyWithoutPlaintext = operation({
  name: 'GenerateDataKeyWithoutPlaintext',
  input: dataKeyInput,
  run: async (given, request, kms) => (await generateDataKeyOf(given, request, kms)).output,
});
