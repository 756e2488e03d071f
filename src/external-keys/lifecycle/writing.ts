import { StateError } from '../../state/errors.js';
import type { KeyRecords, Recorded } from '../key-records.js';
import type { IdRecord } from '../record.js';
import { LifecycleError } from './lifecycle-error.js';

/**
 * Writes a record.
 *
 * @param replaces the revision of the record that it replaces; 0 for an id that never had one
 * @throws LifecycleError `conflict` where somebody else has been faster, or StateError
 */
export async function writing<Value extends IdRecord>(
  records: Pick<KeyRecords, 'put'>,
  value: Value,
  replaces: number,
): Promise<Recorded<Value>> {
  try {
    return await records.put(value, replaces);
  } catch (error) {
    if (!(error instanceof StateError) || error.code !== 'conflict') throw error;
    const act = replaces === 0 ? 'taken' : 'changed';
    const message = `${value.externalKeyId} has been ${act} by somebody else meanwhile; look at it, and try again`;
    throw new LifecycleError('conflict', message, { cause: error });
  }
}
