import { NotAsExpected } from '../ending.js';
import { KmsError } from '../../aws/kms-client.js';

/**
 * Waits for a call that KMS has to refuse.
 *
 * @param what the call did, for the sentence where it succeeds: "the proxy opened …"
 * @throws NotAsExpected for success, and for an exception whose name is not among those wanted
 */
export async function refusalOf(
  call: Promise<unknown>,
  { names, what }: { readonly names: readonly string[]; readonly what: string },
): Promise<KmsError> {
  try {
    await call;
  } catch (error) {
    if (!(error instanceof KmsError)) throw error;
    if (names.includes(error.name)) return error;
    throw new NotAsExpected(
      `KMS told the caller ${error.name} in place of ${names.join(' or ')}: ${error.message}`,
    );
  }
  throw new NotAsExpected(what);
}
