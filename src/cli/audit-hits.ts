import type { Hit } from '../evidence/search/search-log.js';
import { table } from './table.js';

const HEADER = [
  'TIME',
  'REPLICA',
  'SEQUENCE',
  'TYPE',
  'OPERATION',
  'KEY',
  'WHO',
  'RESULT',
  'REQUEST ID',
];
/** Fields in which records of different types say the same thing to a person. */
const OPERATION = ['operation', 'act', 'reason'];
const KEY = ['externalKeyId', 'kmsKeyArn'];
const WHO = ['awsPrincipalArn', 'by', 'accessKeyId'];
const RESULT = ['errorName', 'errorCode', 'result'];
const REQUEST_ID = ['kmsRequestId'];

/** Writes records as a table for people, one line each. The record itself has all fields. */
export function hitTable(hits: readonly Hit[]): string {
  return table(
    HEADER,
    hits.map(({ record }) => {
      const { time, replica, sequence, type } = record;
      const fields: Readonly<Record<string, unknown>> = record;
      const first = (names: readonly string[]): string => firstText(fields, names);
      return [
        time,
        replica,
        String(sequence),
        type,
        first(OPERATION),
        first(KEY),
        first(WHO),
        first(RESULT),
        first(REQUEST_ID),
      ];
    }),
  );
}

function firstText(fields: Readonly<Record<string, unknown>>, names: readonly string[]): string {
  const name = names.find((candidate) => typeof fields[candidate] === 'string');
  return name === undefined ? '-' : String(fields[name]);
}
