// Writes what is generated from the schemas of the configuration and of the audit record. Run: npm run docs
import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { z } from 'zod';
import { auditRecordSchema } from '../src/audit/record/index.js';
import { configurationOutline } from '../src/configuration/schema.js';
import { renderReference } from './lib/config-reference.js';

/** The generated files by their path in the repository. */
export function generatedFiles(): ReadonlyMap<string, string> {
  const intro = readFileSync(new URL('lib/config-intro.md', import.meta.url), 'utf8');
  return new Map([
    ['config/holdfast.schema.json', `${JSON.stringify(configurationOutline.root, null, 2)}\n`],
    ['docs/audit-record.schema.json', `${JSON.stringify(auditRecordJsonSchema(), null, 2)}\n`],
    ['docs/configuration.md', `${intro}\n${renderReference(configurationOutline.root)}\n`],
  ]);
}

function auditRecordJsonSchema(): object {
  return {
    ...z.toJSONSchema(auditRecordSchema),
    title: 'A record of the audit log of Holdfast: one line of a segment',
  };
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  for (const [path, content] of generatedFiles()) {
    writeFileSync(new URL(`../${path}`, import.meta.url), content);
    console.log(`wrote ${path}`);
  }
}
