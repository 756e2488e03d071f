import * as member from '../protocol/inputs.js';
import { dataKeyInput, generateDataKeyOf } from './data-keys.js';
import { operation } from './operation.js';
import { requireNoRecipient } from './recipients.js';

/** Generates a data key, in the clear and encrypted. */
export const generateDataKey = operation({
  name: 'GenerateDataKey',
  input: dataKeyInput.extend({ Recipient: member.recipient }),
  run: async (given, request, kms) => {
    requireNoRecipient(given.Recipient);
    const { plaintext, output } = await generateDataKeyOf(given, request, kms);
    return { ...output, Plaintext: plaintext.toString('base64') };
  },
});
