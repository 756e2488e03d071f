import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { generatedFiles } from '../../../scripts/generate-docs.js';

describe('what is generated from the schema', () => {
  it.each([...generatedFiles()])(
    '%s → as the generator writes it (npm run docs)',
    (path, content) => {
      expect(readFileSync(new URL(`../../../${path}`, import.meta.url), 'utf8')).toBe(content);
    },
  );
});
