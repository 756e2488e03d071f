import type { z } from 'zod';
import type { Clock } from '../../shared/clock.js';
import { SECOND_MS } from '../../shared/durations.js';
import type { RandomBytes } from '../../shared/randomness.js';
import type { Call } from '../call.js';
import type { ExternalKeyStores } from '../custom-key-stores/external-key-stores.js';
import type { KeyStoreOperation } from '../custom-key-stores/operations/operation.js';
import type { UsedKey } from '../events/finished-call.js';
import type { Cryptography } from '../keys/cryptography.js';
import type { KeyRing } from '../keys/key-ring.js';
import { parseInput } from '../protocol/inputs.js';

/** The parts of KMS that operations work with. */
export interface Kms {
  readonly keys: KeyRing;
  readonly cryptography: Cryptography;
  readonly keyStores: ExternalKeyStores;
  readonly clock: Clock;
  readonly randomBytes: RandomBytes;
}

/** A call and the keys that it turns out to be about. */
export interface Request {
  readonly call: Call;
  readonly used: UsedKey[];
}

/** Members of an answer as they go to JSON; bytes are in Base64, times in seconds since 1970. */
export type Output = Readonly<Record<string, unknown>>;

/** An operation of KMS, with its input as it came. */
export interface Operation {
  readonly name: string;
  /** @throws KmsException */
  perform(input: unknown, request: Request, kms: Kms): Promise<Output>;
}

/** An operation of KMS as its file defines it. */
export interface OperationDefinition<Input extends z.ZodType> {
  readonly name: string;
  readonly input: Input;
  readonly run: (input: z.output<Input>, request: Request, kms: Kms) => Promise<Output>;
}

/** Makes an operation that checks its input first. */
export function operation<Input extends z.ZodType>({
  name,
  input,
  run,
}: OperationDefinition<Input>): Operation {
  return {
    name,
    perform: (given, request, kms) => run(parseInput(input, given), request, kms),
  };
}

/** Makes an operation of one on custom key stores. */
export function keyStoreOperation<Input extends z.ZodType>(
  definition: KeyStoreOperation<Input>,
): Operation {
  const { name, input } = definition;
  return operation({
    name,
    input,
    run: (given, { call }, { keyStores }) => definition.run(given, call, keyStores),
  });
}

/** A time as JSON has it. @param ms since 1970 */
export function seconds(ms: number): number {
  return ms / SECOND_MS;
}
