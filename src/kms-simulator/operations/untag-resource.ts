import { z } from 'zod';
import * as member from '../protocol/inputs.js';
import { operation } from './operation.js';

/** Takes tags from a key. */
export const untagResource = operation({
  name: 'UntagResource',
  input: z.object({ KeyId: member.keyId, TagKeys: z.array(member.text(1, 128)) }),
  run: async ({ KeyId, TagKeys }, request, { keys }) => {
    const record = await keys.resolve(KeyId, { ...request, need: 'change' });
    const tags = record.tags.filter(({ TagKey }) => !TagKeys.includes(TagKey));
    await keys.put({ ...record, tags });
    return {};
  },
});
