import { z } from 'zod';
import * as member from '../protocol/inputs.js';
import { operation } from './operation.js';
import { withTags } from './tags.js';

/** Adds tags to a key, or changes them. */
export const tagResource = operation({
  name: 'TagResource',
  input: z.object({ KeyId: member.keyId, Tags: z.array(member.tag) }),
  run: async ({ KeyId, Tags }, request, { keys }) => {
    const record = await keys.resolve(KeyId, { ...request, need: 'change' });
    await keys.put({ ...record, tags: withTags(record.tags, Tags) });
    return {};
  },
});
