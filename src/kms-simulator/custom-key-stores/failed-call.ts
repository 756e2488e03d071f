import { KmsException } from '../exceptions.js';
import { FAILURE_TABLE } from '../towards-proxy/failure-table.js';
import { type FailureScenario, XksFailure } from '../towards-proxy/xks-failure.js';

/** A kind of operations of KMS that the same failure of a proxy is the same exception for. */
export type Asker = 'keyStore' | 'createKey' | 'cryptographic';

/** The exception of KMS for a failure of the proxy. */
export function exceptionFor(scenario: FailureScenario, asker: Asker): KmsException {
  const meaning = FAILURE_TABLE[scenario];
  return new KmsException(meaning[asker], meaning.message);
}

/** Runs a call of the proxy. @throws KmsException in place of an XksFailure */
export async function translated<Result>(
  asker: Asker,
  call: () => Promise<Result>,
): Promise<Result> {
  try {
    return await call();
  } catch (error) {
    throw error instanceof XksFailure ? exceptionFor(error.scenario, asker) : error;
  }
}
