import { z } from 'zod';
import * as member from '../protocol/inputs.js';
import { operation } from './operation.js';
import { pageOf } from './pages.js';

/** Lists the tags of a key. */
export const listResourceTags = operation({
  name: 'ListResourceTags',
  input: z.object({
    KeyId: member.keyId,
    Limit: member.limit,
    Marker: member.marker,
  }),
  run: async (given, request, { keys }) => {
    const { tags } = await keys.resolve(given.KeyId, { ...request, need: 'look' });
    const sorted = [...tags].sort((a, b) => (a.TagKey < b.TagKey ? -1 : 1));
    const sizes = { usual: 50, most: 50 };
    const { items, more } = pageOf(sorted, ({ TagKey }) => TagKey, given, sizes);
    return { Tags: items, ...more };
  },
});
