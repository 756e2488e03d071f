import { z } from 'zod';
import { KmsClient, KmsError, type KmsTarget } from '../../aws/kms-client.js';

const outputSchema = z.record(z.string(), z.unknown());

/** Members of an output of KMS. */
export type KmsOutput = Readonly<Record<string, unknown>>;

/** A call of KMS as its caller saw it. */
export interface KmsCall {
  readonly operation: string;
  /** Absent for success. */
  readonly exception?: { readonly name: string; readonly message: string } | undefined;
}

/** A caller of KMS, who remembers what he was told. */
export class Kms {
  readonly #client: KmsClient;
  #calls: KmsCall[] = [];

  constructor(target: KmsTarget) {
    // One attempt: CloudTrail has an event of each, so that a second one would be a call untold.
    this.#client = new KmsClient(target, []);
  }

  /** @throws KmsError when KMS refuses, or Error where there is no answer that can be read */
  async call(operation: string, input: object): Promise<KmsOutput> {
    try {
      const output = await this.#client.call(operation, input, outputSchema);
      this.#calls.push({ operation });
      return output;
    } catch (error) {
      if (error instanceof KmsError) {
        const { name, message } = error;
        this.#calls.push({ operation, exception: { name, message } });
      }
      throw error;
    }
  }

  /** The calls since this was last asked. */
  takeCalls(): readonly KmsCall[] {
    const calls = this.#calls;
    this.#calls = [];
    return calls;
  }
}

/** Returns a text in an output. @throws Error where it is missing */
export function textIn(output: KmsOutput, member: string): string {
  const text = output[member];
  if (typeof text !== 'string') throw new Error(`KMS answered without ${member}`);
  return text;
}

/** Returns the bytes that an output has in Base64. @throws Error where they are missing */
export function bytesIn(output: KmsOutput, member: string): Buffer {
  return Buffer.from(textIn(output, member), 'base64');
}

/** Returns an object in an output, or the first of a list. @throws Error where it is missing */
export function objectIn(output: KmsOutput, member: string): KmsOutput {
  const value: unknown = output[member];
  const found: unknown = Array.isArray(value) ? value[0] : value;
  if (typeof found === 'object' && found !== null) return found as KmsOutput;
  throw new Error(`KMS answered without ${member}`);
}
