import type { z } from 'zod';
import type { Call } from '../../call.js';
import type { ExternalKeyStores } from '../external-key-stores.js';

/** An operation of KMS on custom key stores. */
export interface KeyStoreOperation<Input extends z.ZodType = z.ZodType> {
  readonly name: string;
  readonly input: Input;
  /** @returns the output. @throws KmsException */
  run(
    input: z.infer<Input>,
    call: Call,
    keyStores: ExternalKeyStores,
  ): Promise<Readonly<Record<string, unknown>>>;
}
