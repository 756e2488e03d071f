import { NoLogError } from '../../audit/read/log-folder.js';
import { readRecords } from '../../audit/read/records.js';
import type { AuditRecord } from '../../audit/record/index.js';
import { unusableInput } from './input-error.js';

/** The extent of a log. Times are milliseconds since 1970. */
export interface SurveyedLog {
  readonly directory: string;
  readonly replicas: readonly string[];
  readonly records: number;
  readonly oldest: number;
  readonly newest: number;
  /** True when it begins with record 0; otherwise older ones may have been removed. */
  readonly fromTheStart: boolean;
}

/** A time in which requests were answered without a record. */
export interface ServedGap {
  readonly from: number;
  readonly to: number;
  readonly served: number;
}

/** The keys, gaps and extent of the logs, which the comparison needs first. */
export interface LogSurvey {
  readonly logs: readonly SurveyedLog[];
  /** KMS keys that were used here: their ARNs, and their ids without the rest of the ARN. */
  readonly keys: ReadonlySet<string>;
  readonly gaps: readonly ServedGap[];
  /** Time in which all of the logs together are whole. */
  readonly oldest: number;
  readonly newest: number;
}

/**
 * Surveys logs in one reading.
 *
 * @param directories folders of logs, one a replica
 * @throws ReconciliationInputError
 */
export async function surveyLogs(directories: readonly string[]): Promise<LogSurvey> {
  const keys = new Set<string>();
  const gaps: ServedGap[] = [];
  const logs: SurveyedLog[] = [];
  for (const directory of new Set(directories)) {
    logs.push(
      await surveyLog(directory, (record) => {
        if (record.type === 'key-operation' && record.kmsKeyArn !== undefined) {
          keys.add(record.kmsKeyArn).add(record.kmsKeyArn.replace(/^.*:key\//, ''));
        }
        if (record.type !== 'gap' || record.served === 0) return;
        const { from, to, served } = record;
        gaps.push({ from: Date.parse(from), to: Date.parse(to), served });
      }),
    );
  }
  return { logs, keys, gaps, oldest: beginning(logs), newest: newestOf(logs) };
}

/**
 * Reads the records of a log.
 *
 * @throws ReconciliationInputError
 */
export async function* recordsOf(directory: string): AsyncGenerator<AuditRecord, void, undefined> {
  try {
    yield* readRecords(directory);
  } catch (cause) {
    if (cause instanceof NoLogError) {
      throw unusableInput(directory, 'there is no audit log in it', { cause });
    }
    throw unusableInput(directory, 'the audit log cannot be read', { cause });
  }
}

async function surveyLog(
  directory: string,
  look: (record: AuditRecord) => void,
): Promise<SurveyedLog> {
  const replicas = new Set<string>();
  let first: AuditRecord | undefined;
  let records = 0;
  let [oldest, newest] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  for await (const record of recordsOf(directory)) {
    first ??= record;
    records += 1;
    replicas.add(record.replica);
    const time = Date.parse(record.time);
    oldest = Math.min(oldest, time);
    newest = Math.max(newest, time);
    look(record);
  }
  if (first === undefined) throw unusableInput(directory, 'the audit log is empty');
  const fromTheStart = first.sequence === 0;
  return { directory, replicas: [...replicas], records, oldest, newest, fromTheStart };
}

/** A log that begins later was not needed before, unless its beginning was removed. */
function beginning(logs: readonly SurveyedLog[]): number {
  const cut = logs.filter(({ fromTheStart }) => !fromTheStart).map(({ oldest }) => oldest);
  return Math.max(Math.min(...logs.map(({ oldest }) => oldest)), ...cut);
}

function newestOf(logs: readonly SurveyedLog[]): number {
  return Math.max(...logs.map(({ newest }) => newest));
}
