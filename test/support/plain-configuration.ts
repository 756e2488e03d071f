import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { stringify } from 'yaml';

/** The places of the parts of a configuration. */
export interface PlainFolders {
  /** Gets `holdfast.yaml` and `master.key`. */
  readonly settings: string;
  readonly state: string;
  readonly keys?: string;
  readonly audit?: string;
  /** The folder of the state store, or all of `state`. */
  readonly store?: string | object;
  readonly port?: number;
  /** More fields of `audit`. */
  readonly auditFields?: object;
}

/**
 * Writes the configuration of a server that is no quickstart: plain HTTP on a free port, a file key
 * manager and an audit log.
 *
 * @returns its path
 */
export function writePlainConfiguration({
  settings,
  state,
  keys = join(state, 'keys'),
  audit = join(state, 'audit'),
  store = join(state, 'state'),
  port = 0,
  auditFields,
}: PlainFolders): string {
  const masterKey = { key: `\${file:${join(settings, 'master.key')}}` };
  const secret = Buffer.alloc(32, 'canary-secret-access-key').toString('base64');
  writeFileSync(join(settings, 'master.key'), Buffer.alloc(32, 5).toString('base64'), {
    mode: 0o600,
  });
  const file = join(settings, 'holdfast.yaml');
  writeFileSync(
    file,
    stringify(
      {
        stateDirectory: state,
        listeners: [{ name: 'xks', host: '127.0.0.1', port, plainHttp: true }],
        operations: { host: '127.0.0.1', port: 0 },
        drainDelayMs: 0,
        audit: { directory: audit, signingKey: { masterKey }, ...auditFields },
        state: typeof store === 'string' ? { type: 'files', directory: store } : store,
        keyManagers: [
          { name: 'files', type: 'file', directory: keys, location: 'here', masterKey },
        ],
        keyStores: [
          {
            name: 'store',
            pathPrefix: '/store',
            keyManager: 'files',
            exposes: 'all',
            credentials: [{ accessKeyId: 'A'.repeat(20), secretAccessKey: secret }],
          },
        ],
      },
      { aliasDuplicateObjects: false },
    ),
    { mode: 0o600 },
  );
  return file;
}
