import { z } from 'zod';
import type { OperatedKey } from '../operated-key.js';
import type { KeyOperation } from '../operation.js';
import { keyMetadataSchema, parseBody } from '../schemas.js';

const schema = z.object({ requestMetadata: keyMetadataSchema });

/**
 * Describes a key, a disabled one as well. KMS calls it for CreateKey.
 *
 * @see XKS Proxy API, section GetKeyMetadata
 */
export const getKeyMetadata: KeyOperation = {
  name: 'GetKeyMetadata',
  pathSuffix: 'metadata',
  onDisabledKey: true,
  isLimited: false,
  hashedFields: {},

  parse(json) {
    parseBody(schema, json);
    return { requiredUsage: [], execute: (key) => Promise.resolve(describe(key)) };
  },
};

function describe(key: OperatedKey): object {
  return {
    keySpec: 'AES_256',
    keyUsage: [...key.usage],
    keyStatus: key.enabled ? 'ENABLED' : 'DISABLED',
  };
}
