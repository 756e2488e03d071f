import type { UseSince } from '../aws/acts/rotate-credential.js';
import type { SearchEvent } from '../evidence/search/search-log.js';
import { CliError, EXIT } from './exit.js';

/**
 * Counts by an audit log which credentials of a key store have signed.
 *
 * @returns undefined where there is no log in the folder
 * @throws the file system's error
 */
export async function credentialUse(
  keyStore: string,
  folder: string,
): Promise<UseSince | undefined> {
  const { LogFolder, NoLogError } = await import('../audit/read/log-folder.js');
  const { searchLog } = await import('../evidence/search/search-log.js');
  const { conditionOn } = await import('../evidence/search/condition.js');
  try {
    await LogFolder.open(folder);
  } catch (error) {
    if (error instanceof NoLogError) return undefined;
    throw error;
  }
  const conditions = [conditionOn('keyStore', keyStore)];
  return async (since) => {
    const filter = { conditions, fromMs: since.getTime(), toMs: undefined };
    const counts = new Map<string, number>();
    for await (const { record } of searchLog(folder, filter, { threads: 1, notify: refuse })) {
      // KMS asks for the health of a key store that nobody uses as well.
      if (record.type !== 'key-operation' && record.type !== 'health-check') continue;
      if (record.authenticationFailure !== undefined) continue;
      const id = record.accessKeyId ?? 'an unknown credential';
      counts.set(id, (counts.get(id) ?? 0) + 1);
    }
    return counts;
  };
}

/** Refuses a part that could not be read: it might tell of the old credential. */
function refuse({ segment }: SearchEvent): never {
  throw new CliError(EXIT.failed, `${segment} of the audit log could not be searched wholly`);
}
