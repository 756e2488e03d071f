import { z } from 'zod';
import * as member from '../protocol/inputs.js';
import { operation, seconds } from './operation.js';
import { resolveOrdinary } from './ordinary-keys.js';
import { pageOf } from './pages.js';

/** So that the order of texts is that of numbers. */
const ORDER_DIGITS = 6;

/** Lists the rotations of a key that are done. */
export const listKeyRotations = operation({
  name: 'ListKeyRotations',
  input: z.object({
    KeyId: member.keyId,
    IncludeKeyMaterial: z.enum(['ALL_KEY_MATERIAL', 'ROTATIONS_ONLY']).default('ROTATIONS_ONLY'),
    Limit: member.limit,
    Marker: member.marker,
  }),
  run: async (given, request, kms) => {
    const record = await resolveOrdinary(given.KeyId, request, kms, { need: 'look' });
    const { materials } = record;
    const entries = materials.map((material, at) => ({
      order: String(at).padStart(ORDER_DIGITS, '0'),
      KeyId: kms.keys.arnOf(record),
      KeyMaterialId: material.id,
      KeyMaterialState: at === materials.length - 1 ? 'CURRENT' : 'NON_CURRENT',
      ...(material.rotation === undefined
        ? {}
        : { RotationDate: seconds(material.createdAt), RotationType: material.rotation }),
    }));
    const wanted = given.IncludeKeyMaterial === 'ALL_KEY_MATERIAL' ? entries : entries.slice(1);
    const sizes = { usual: 100, most: 1000 };
    const { items, more } = pageOf(wanted, ({ order }) => order, given, sizes);
    return { Rotations: items.map(({ order: _, ...rotation }) => rotation), ...more };
  },
});
