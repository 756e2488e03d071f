// Writes what is generated from the schemas of the configuration and of the audit record.
// Run: npm run docs
import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { z } from 'zod';
import { auditRecordSchema } from '../src/audit/record/index.js';
import { requestFields } from '../src/audit/record/request.js';
import { configurationOutline } from '../src/configuration/schema.js';
import { renderReference } from './lib/config-reference.js';

/** The generated files by their path in the repository. */
export function generatedFiles(): ReadonlyMap<string, string> {
  const intro = readFileSync(new URL('lib/config-intro.md', import.meta.url), 'utf8');
  return new Map([
    ['config/holdfast.schema.json', `${JSON.stringify(configurationOutline.root, null, 2)}\n`],
    ['docs/audit-record.schema.json', `${JSON.stringify(auditRecordJsonSchema(), null, 2)}\n`],
    ['docs/request-fields.md', requestFieldsPage()],
    ['docs/configuration.md', `${intro}\n${renderReference(configurationOutline.root)}\n`],
  ]);
}

function auditRecordJsonSchema(): object {
  return {
    ...z.toJSONSchema(auditRecordSchema),
    title: 'A record of the audit log of Holdfast: one line of a segment',
  };
}

function requestFieldsPage(): string {
  const rows = Object.entries(requestFields).map(
    ([name, field]) => `| \`${name}\` | ${field.description ?? ''} |`,
  );
  return `# The fields of a request

What a record of the [audit log](audit.md) says of a request, and a [line of the log](logs-and-metrics.md) too, in this order. Fields that do
not apply, or that were not known when the request ended, are left out. Generated from the record's schema.

| Field | Meaning |
| --- | --- |
${rows.join('\n')}
`;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  for (const [path, content] of generatedFiles()) {
    writeFileSync(new URL(`../${path}`, import.meta.url), content);
    console.log(`wrote ${path}`);
  }
}
