import { parsedJson } from '../../shared/parsed-json.js';
import { KeyManagerError } from '../backend.js';
import type { VaultAnswer } from './answer.js';
import { refusal } from './failures.js';
import { type TransitKey, transitKeySchema } from './transit-key.js';

/** Reads the description of a key. @throws KeyManagerError */
export function keyFrom(answer: VaultAnswer): TransitKey {
  if (answer.status !== 200) throw refusal(answer);
  const { data, success } = transitKeySchema.safeParse(dataOf(answer));
  if (success) return data;
  throw notTransit();
}

/** Reads one field. @throws KeyManagerError `misconfigured` */
export function textOf(answer: VaultAnswer, field: string): string {
  const text = dataOf(answer)[field];
  if (typeof text === 'string') return text;
  throw notTransit();
}

/** Reads the data of an answer. @throws KeyManagerError `misconfigured` */
export function dataOf({ body }: VaultAnswer): Readonly<Record<string, unknown>> {
  const parsed = parsedJson(body);
  const data = isRecord(parsed) ? parsed['data'] : undefined;
  if (isRecord(data)) return data;
  throw notTransit();
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null;
}

/** Makes the error for an answer that no Transit engine gives. */
export function notTransit(): KeyManagerError {
  return new KeyManagerError('misconfigured', 'the answer is not one of the Transit engine');
}
