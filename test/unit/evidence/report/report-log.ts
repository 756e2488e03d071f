import { join } from 'node:path';
import { lineOf, writeSegment } from '../search/log-folder.js';
import { makeReport, type ReportConfig } from '../../../../src/evidence/report/report.js';
import type { Report } from '../../../../src/evidence/report/model/document.js';

/** The period of the tests' reports: January 2026. */
export const FROM = Date.UTC(2026, 0, 1);
export const TO = Date.UTC(2026, 1, 1);

/** Records without what every record has; numbers and times are given to them in their order. */
export type Draft = Readonly<Record<string, unknown>>;

const MINUTE_MS = 60_000;

/** Writes a log, a record a minute from the beginning of the period on. @returns its folder */
export function writeLog(
  parent: string,
  drafts: readonly Draft[],
  { name = 'a', first = 0 }: { readonly name?: string; readonly first?: number } = {},
): string {
  const folder = join(parent, name);
  const lines = drafts.map((draft, at) =>
    lineOf({
      schema: 1,
      sequence: first + at,
      time: new Date(FROM + at * MINUTE_MS).toISOString(),
      replica: name,
      ...draft,
    }),
  );
  writeSegment(folder, { first, lines });
  return folder;
}

/** A key operation. */
export function operation(fields: Readonly<Record<string, unknown>> = {}): Draft {
  return {
    type: 'key-operation',
    operation: 'Encrypt',
    kmsOperation: 'GenerateDataKey',
    externalKeyId: 'payroll',
    awsPrincipalArn: 'arn:aws:iam::111122223333:role/app',
    awsAccount: '111122223333',
    awsRegion: 'eu-central-1',
    clientAddress: '192.0.2.1',
    authorization: { decision: 'allowed', by: 'exposes' },
    keyManager: 'hsm',
    node: 'hsm-a',
    location: 'Frankfurt',
    result: 'success',
    status: 200,
    durationUs: 1000,
    ...fields,
  };
}

/** A key operation that was refused. */
export function refusal(errorName: string, fields: Readonly<Record<string, unknown>> = {}): Draft {
  return {
    ...operation(fields),
    node: undefined,
    location: undefined,
    result: 'failure',
    status: 400,
    errorName,
  };
}

/** A part of an inventory of the key manager `hsm`. */
export function inventory(
  keys: readonly Readonly<Record<string, unknown>>[],
  fields: Readonly<Record<string, unknown>> = {},
): Draft {
  const whole = keys.map((key) => ({
    keyStores: ['production'],
    algorithm: 'AES_256',
    state: 'ENABLED',
    usage: ['ENCRYPT', 'DECRYPT'],
    versions: [{ version: 1, materialName: '0011223344556677' }],
    ...key,
  }));
  return { type: 'key-inventory', keyManager: 'hsm', part: 1, parts: 1, keys: whole, ...fields };
}

/** Makes a report of January 2026. */
export async function report(
  logs: readonly string[],
  options: Partial<ReportConfig> = {},
): Promise<Report> {
  const { report: made } = await makeReport(logs, {
    fromMs: FROM,
    toMs: TO,
    nowMs: TO,
    generator: 'Holdfast test',
    limit: 25,
    cryptoperiodDays: undefined,
    ...options,
  });
  return made;
}

/** Rows of a table as objects, without empty cells. */
export function rowsOf(made: Report, id: string): Record<string, unknown>[] {
  const tables = made.sections.flatMap((section) => section.tables);
  const table = tables.find((candidate) => candidate.id === id);
  if (table === undefined) throw new Error(`the report has no table ${id}`);
  return table.rows.map((row) =>
    Object.fromEntries(Object.entries(row).filter(([, cell]) => cell !== undefined)),
  );
}
