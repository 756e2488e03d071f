// Writes what is generated from the schemas of the configuration and of the audit record.
// Run: npm run docs
import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { z } from 'zod';
import { auditRecordSchema } from '../src/audit/record/index.js';
import { requestFields } from '../src/audit/record/request.js';
import { configurationOutline } from '../src/configuration/schema.js';
import { EVENT_FIELDS, type EventFieldName } from '../src/notifications/event-fields.js';
import { definitionOf, EVENTS, type EventName } from '../src/notifications/events.js';
import { capabilitiesTable } from './lib/capabilities-table.js';
import { fieldChangesTable } from './lib/field-changes-table.js';
import { reloadedKeyManagersTable } from './lib/reloaded-key-managers-table.js';
import { policySchema } from './lib/policy-schema.js';
import { statesTables } from './lib/states-table.js';
import { renderReference } from './lib/config-reference.js';

/** The generated files by their path in the repository. */
export function generatedFiles(): ReadonlyMap<string, string> {
  const intro = readFileSync(new URL('lib/config-intro.md', import.meta.url), 'utf8');
  return new Map([
    ['config/holdfast.schema.json', `${JSON.stringify(configurationOutline.root, null, 2)}\n`],
    ['docs/audit-record.schema.json', `${JSON.stringify(auditRecordJsonSchema(), null, 2)}\n`],
    ['docs/request-fields.md', requestFieldsPage()],
    ['docs/notification-events.md', eventsPage()],
    [
      'docs/key-managers.md',
      withTable('docs/key-managers.md', 'what each can do', capabilitiesTable()),
    ],
    ['docs/key-lifecycle.md', withTable('docs/key-lifecycle.md', 'the states', statesTables())],
    ['docs/reload.md', reloadPage()],
    ['docs/policies.md', withTable('docs/policies.md', 'the schema', policySchema())],
    ['docs/configuration.md', `${intro}\n${renderReference(configurationOutline.root)}\n`],
  ]);
}

/** A page with the table between its two marks written anew. */
function withTable(path: string, name: string, table: string, page = readPage(path)): string {
  const begin = `<!-- ${name} -->\n`;
  const end = '<!-- end -->\n';
  const [before, rest, ...more] = page.split(begin);
  const endsAt = rest?.indexOf(end) ?? -1;
  if (before === undefined || rest === undefined || endsAt < 0 || more.length > 0) {
    throw new Error(`${path} has not the two marks of the table "${name}"`);
  }
  return `${before}${begin}\n${table}\n\n${rest.slice(endsAt)}`;
}

function readPage(path: string): string {
  return readFileSync(new URL(`../${path}`, import.meta.url), 'utf8');
}

function reloadPage(): string {
  const path = 'docs/reload.md';
  const page = withTable(path, 'the fields', fieldChangesTable());
  return withTable(path, 'the key managers', reloadedKeyManagersTable(), page);
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

function eventsPage(): string {
  const events = (Object.keys(EVENTS) as EventName[]).map(eventRow);
  const fields = Object.entries(EVENT_FIELDS).map(
    ([name, field]) => `| \`${name}\` | ${field.description ?? ''} |`,
  );
  return `# The events

Everything that Holdfast [tells people](notifications.md) about, and the fields of each. Those in parentheses may be absent. The same
fields stand in the audit log, in the log, and as \`data\` in what webhooks get. Generated from the list of events.

| Event | Severity | Meaning | Fields | Told once a minute for each |
| --- | --- | --- | --- | --- |
${events.join('\n')}

Events without an entry in the last column are told each time. Of the others the first of a minute is told at once; at its end the
last one follows, with \`repeated\`, their number since. The metric \`holdfast_events_total\` counts all of them.

| Field | Meaning |
| --- | --- |
${fields.join('\n')}
`;
}

function eventRow(name: EventName): string {
  const { severity, sentence, subject, fields, optional, thinnedBy } = definitionOf(name);
  const always = [...subject, ...fields].map(code);
  const perhaps = optional.length === 0 ? [] : [`(${optional.map(code).join(', ')})`];
  const each = thinnedBy === undefined ? '' : [...subject, ...thinnedBy].map(code).join(', ');
  const cells = [code(name), severity, sentence, [...always, ...perhaps].join(', '), each];
  return `| ${cells.join(' | ')} |`;
}

function code(name: EventName | EventFieldName): string {
  return `\`${name}\``;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  for (const [path, content] of generatedFiles()) {
    writeFileSync(new URL(`../${path}`, import.meta.url), content);
    console.log(`wrote ${path}`);
  }
}
