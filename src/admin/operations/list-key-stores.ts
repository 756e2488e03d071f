import type { AnswerOf } from '../contract/route.js';
import type { Routes } from '../contract/routes.js';
import type { InForce } from '../in-force.js';

/** Lists key stores, without their secrets. */
export function listKeyStores({ keyStores }: InForce): AnswerOf<Routes['listKeyStores']> {
  return {
    keyStores: keyStores.keyStores.map(({ name, uriPath, keyManager, region, credentials }) => ({
      name,
      uriPath,
      keyManager,
      region,
      accessKeyIds: [...credentials.keys()],
    })),
  };
}
