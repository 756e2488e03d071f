import type { AnswerOf } from '../contract/route.js';
import type { Routes } from '../contract/routes.js';
import type { InForce } from '../in-force.js';
import { validAccessKeyIds } from './shown-credentials.js';

/** Lists key stores, without their secrets. */
export function listKeyStores(inForce: InForce): AnswerOf<Routes['listKeyStores']> {
  return {
    keyStores: inForce.keyStores.keyStores.map(({ name, uriPath, keyManager, region }) => ({
      name,
      uriPath,
      keyManager,
      region,
      accessKeyIds: [...validAccessKeyIds(inForce, name)],
    })),
  };
}
