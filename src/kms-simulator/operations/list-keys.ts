import { z } from 'zod';
import * as member from '../protocol/inputs.js';
import { operation } from './operation.js';
import { pageOf } from './pages.js';

/** Lists the keys of the caller's account. */
export const listKeys = operation({
  name: 'ListKeys',
  input: z.object({
    Limit: member.limit,
    Marker: member.marker,
  }),
  run: async (given, { call }, { keys }) => {
    const sizes = { usual: 100, most: 1000 };
    const { items, more } = pageOf(await keys.list(call.account), ({ id }) => id, given, sizes);
    const Keys = items.map((record) => ({ KeyId: record.id, KeyArn: keys.arnOf(record) }));
    return { Keys, ...more };
  },
});
