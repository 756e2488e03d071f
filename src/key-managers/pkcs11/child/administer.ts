import { OPERATIONS } from '../wire/envelope.js';
import type {
  CreateRequest,
  CreateWrappingKeyRequest,
  DescribeRequest,
  DestroyRequest,
  DestroyWrappingKeyRequest,
  DiscardRequest,
  ImportMaterialRequest,
  KeyReply,
  RotateRequest,
} from '../wire/messages.js';
import { createKey, discardKey } from './create-key.js';
import { describeKey, listKeys, versionReply } from './describe.js';
import { destroyKey } from './destroy-key.js';
import { importMaterial } from './import-material.js';
import { rotateKey } from './rotate-key.js';
import { TokenFailure } from './token-failure.js';
import type { TokenSession } from './token-session.js';
import { createWrappingKey, destroyOldWrappingKeys, destroyWrappingKey } from './wrapping-keys.js';

/**
 * Carries out a request about keys.
 *
 * @param message as the parent has made it
 * @returns the reply, to be sent as JSON
 * @throws TokenFailure, CryptokiError
 */
export function administer(session: TokenSession, operation: number, message: unknown): object {
  switch (operation) {
    case OPERATIONS.describe:
      return describeKey(session, (message as DescribeRequest).externalKeyId);
    case OPERATIONS.list:
      return listKeys(session);
    case OPERATIONS.create:
      return create(session, message as CreateRequest);
    case OPERATIONS.discard:
      return discardKey(session, message as DiscardRequest);
    case OPERATIONS.rotate:
      return rotateKey(session, message as RotateRequest);
    case OPERATIONS.destroy:
      return destroyKey(session, message as DestroyRequest);
    case OPERATIONS.createWrappingKey:
      return createWrappingKey(session, (message as CreateWrappingKeyRequest).way);
    case OPERATIONS.destroyWrappingKey:
      destroyWrappingKey(session, (message as DestroyWrappingKeyRequest).wrappingKeyId);
      return {};
    case OPERATIONS.destroyOldWrappingKeys:
      destroyOldWrappingKeys(session);
      return {};
    case OPERATIONS.importMaterial:
      return importMaterial(session, message as ImportMaterialRequest);
    default:
      throw new TokenFailure('internal', `there is no operation ${operation}`);
  }
}

function create(session: TokenSession, { externalKeyId, usage }: CreateRequest): KeyReply {
  const lookup = session.naming.lookupOf({ externalKeyId, version: 1 });
  const key = createKey(session, { externalKeyId, version: 1, usage });
  return { externalKeyId, versions: [versionReply(1, lookup, key)] };
}
