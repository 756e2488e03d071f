import type { z } from 'zod';
import { KmsException } from '../exceptions.js';
import type { tag } from '../protocol/inputs.js';

const MAX_TAGS = 50;

type Tag = z.infer<typeof tag>;

/** Adds tags to those of a key; one of the same key is replaced. @throws KmsException */
export function withTags(present: readonly Tag[], added: readonly Tag[]): Tag[] {
  const keys = added.map(({ TagKey }) => TagKey);
  if (new Set(keys).size < keys.length) {
    throw new KmsException('TagException', 'Duplicate tag keys are not allowed.');
  }
  if (keys.some((key) => key.startsWith('aws:'))) {
    throw new KmsException('TagException', 'Tag keys that begin with aws: are reserved.');
  }
  const tags = [...present.filter(({ TagKey }) => !keys.includes(TagKey)), ...added];
  if (tags.length > MAX_TAGS) {
    throw new KmsException('LimitExceededException', 'A key has at most 50 tags.');
  }
  return tags;
}
