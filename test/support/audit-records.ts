import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gunzipSync } from 'node:zlib';
import { Ajv2020 } from 'ajv/dist/2020.js';
import addFormats from 'ajv-formats';
import { readRecords } from '../../src/audit/read/records.js';
import type { AuditRecord } from '../../src/audit/record/index.js';
import { testLogPath } from './test-log.js';

const schemaPath = fileURLToPath(new URL('../../docs/audit-record.schema.json', import.meta.url));
const ajv = new Ajv2020({ allErrors: true });
addFormats.default(ajv);
ajv.addFormat('base64', true);
const isRecord = ajv.compile(JSON.parse(readFileSync(schemaPath, 'utf8')) as object);

/** The records of a log, each held against the schema in docs/ by a validator of others. */
export async function auditRecords(directory: string): Promise<AuditRecord[]> {
  const records: AuditRecord[] = [];
  for await (const record of readRecords(directory)) {
    if (!isRecord(record)) {
      throw new Error(
        `a record does not fit the schema: ${JSON.stringify(record)}: ${ajv.errorsText(isRecord.errors)}`,
      );
    }
    records.push(record);
  }
  return records;
}

/**
 * Holds whatever a server has recorded against the schema, and keeps it to be searched for secrets
 * and read by other programs when the run ends.
 *
 * @param stateDirectory of the server
 */
export async function checkAuditRecords(stateDirectory: string): Promise<void> {
  const directory = join(stateDirectory, 'audit');
  if (!existsSync(directory)) return;
  await auditRecords(directory);
  writeFileSync(testLogPath('audit'), wholeLines(directory));
}

/** The lines of a log as the server wrote them, without one that it had only begun. */
function wholeLines(directory: string): Buffer {
  const names = readdirSync(directory).filter((name) => /^\d{12}\.jsonl(\.gz)?$/.test(name));
  const segments = names
    .filter((name) => !(name.endsWith('.gz') && names.includes(name.slice(0, -'.gz'.length))))
    .sort();
  const bytes = Buffer.concat(
    segments.map((name) => {
      const content = readFileSync(join(directory, name));
      return name.endsWith('.gz') ? gunzipSync(content) : content;
    }),
  );
  return bytes.subarray(0, bytes.lastIndexOf('\n') + 1);
}
