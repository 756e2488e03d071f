import { compileExposure } from '../key-stores/exposure.js';
import type { ConfigurationWarning } from './reading/problem.js';
import type { Configuration } from './schema.js';

const LOOPBACK = /^(localhost|127\..*|::1)$/;

/** Finds settings that are allowed and probably a mistake. */
export function advise(configuration: Configuration): ConfigurationWarning[] {
  return [
    ...quickstartInPublic(configuration),
    ...plainHttp(configuration),
    ...unusedKeyManagers(configuration),
    ...withoutAudit(configuration),
    ...checkpointsThatStay(configuration),
    ...policiesOfNothing(configuration),
  ];
}

function quickstartInPublic({ quickstart, listeners }: Configuration): ConfigurationWarning[] {
  if (!quickstart) return [];
  return listeners.flatMap(({ host }, index) =>
    LOOPBACK.test(host)
      ? []
      : [
          {
            path: ['listeners', index, 'host'],
            message: `the quickstart makes its own certificates and secrets, and other machines reach ${host}`,
          },
        ],
  );
}

function withoutAudit({ audit }: Configuration): ConfigurationWarning[] {
  if (audit !== undefined) return [];
  const message = 'there is no audit log: nobody can prove afterwards who used which key';
  return [{ path: ['audit'], message }];
}

function checkpointsThatStay({ audit, quickstart }: Configuration): ConfigurationWarning[] {
  if (audit === undefined || quickstart) return [];
  if (audit.sinks.some(({ carries }) => carries.includes('checkpoints'))) return [];
  const message =
    'no sink carries checkpoints, and a log that is rolled back on this host looks whole';
  return [{ path: ['audit', 'sinks'], message }];
}

function plainHttp({ listeners }: Configuration): ConfigurationWarning[] {
  return listeners.flatMap((listener, index) =>
    listener.plainHttp === undefined
      ? []
      : [
          {
            path: ['listeners', index, 'plainHttp'],
            message:
              'requests and answers can be read and changed on the way; AWS KMS calls HTTPS alone',
          },
        ],
  );
}

function unusedKeyManagers({ keyManagers, keyStores }: Configuration): ConfigurationWarning[] {
  const used = new Set(keyStores.map(({ keyManager }) => keyManager));
  return keyManagers.flatMap(({ name }, index) =>
    used.has(name)
      ? []
      : [{ path: ['keyManagers', index, 'name'], message: `no key store uses ${name}` }],
  );
}

/** Policies of keys that nobody can ask for: those that were meant have none. */
function policiesOfNothing({ keyStores }: Configuration): ConfigurationWarning[] {
  return keyStores.flatMap(({ name, exposes, policies }, index) => {
    const isExposed = compileExposure(exposes);
    return [
      { keys: policies?.keys ?? [], at: [] },
      { keys: policies?.shadow?.keys ?? [], at: ['shadow'] },
    ].flatMap(({ keys, at }) =>
      keys.flatMap(({ externalKeyId }, place) =>
        isExposed(externalKeyId)
          ? []
          : [
              {
                path: ['keyStores', index, 'policies', ...at, 'keys', place, 'externalKeyId'],
                message: `the key store ${name} does not expose ${externalKeyId}, whose policies never count`,
              },
            ],
      ),
    );
  });
}
