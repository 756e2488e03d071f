import { isSame } from '../../configuration/changes/is-same.js';
import type { LoadedConfiguration } from '../../configuration/configuration-file.js';
import { type ListenerConfig, listenerName } from '../../http/config.js';
import type { ListenerCertificates } from '../../http/tls/tls.js';
import { invariant } from '../../shared/assert.js';
import { formatAddress } from '../address.js';
import { type KeptListener, plannedListeners } from '../listener-set.js';
import type { PlannedListener, ServingListener } from '../listeners.js';

/** The part of a reload's plan that is about listeners. */
export interface ListenerPlan {
  /** Those that go on, by their place in the configuration. */
  readonly kept: ReadonlyMap<number, KeptListener>;
  readonly added: readonly PlannedListener[];
  readonly refusals: readonly string[];
}

/**
 * Finds out which listeners go on: those on an address that is in both configurations.
 *
 * @param serving in the order of the configuration before
 */
export function planListeners(
  before: LoadedConfiguration,
  serving: readonly ServingListener[],
  after: LoadedConfiguration,
): ListenerPlan {
  const running = new Map(
    plannedListeners(before.configuration.listeners, before).map((planned) => {
      const own = serving[planned.index];
      invariant(own !== undefined, 'every configured listener serves');
      return [addressOf(planned), { planned, own }];
    }),
  );
  const kept = new Map<number, KeptListener>();
  const added: PlannedListener[] = [];
  const refusals: string[] = [];
  for (const planned of plannedListeners(after.configuration.listeners, after)) {
    const { config, certificates, index } = planned;
    const found = running.get(addressOf(planned));
    if (found === undefined) {
      added.push(planned);
      continue;
    }
    refusals.push(...refusalsOf(found.planned.config, config));
    const isRenewed =
      !isSame(found.planned.config.tls, config.tls) ||
      !isSameMaterial(found.planned.certificates, certificates);
    kept.set(index, { serving: found.own, config, renewal: isRenewed ? certificates : undefined });
  }
  return { kept, added, refusals };
}

/** With the port 0 any free one is taken, for every listener another. */
function addressOf({ index, config: { host, port } }: PlannedListener): string {
  return port === 0 ? `${host}, listeners[${index}]` : formatAddress(host, port);
}

function isSameMaterial(a?: ListenerCertificates, b?: ListenerCertificates): boolean {
  return isSame(a?.material, b?.material);
}

/** Sentences about the changed fields that a listener keeps as long as it listens. */
function refusalsOf(before: ListenerConfig, after: ListenerConfig): string[] {
  const path = `listeners[${listenerName(after)}]`;
  const fields = [
    { field: 'limits', of: ({ limits }: ListenerConfig) => limits },
    { field: 'tls', of: ({ tls }: ListenerConfig) => tls !== undefined },
    {
      field: 'tls.clientCertificates',
      of: ({ tls }: ListenerConfig) => tls?.clientCertificates !== undefined,
    },
  ];
  const name = listenerName(before);
  const renamed =
    name === listenerName(after)
      ? []
      : [
          `${path} is the listener ${name} on the same address, and a listener keeps its name as long ` +
            'as it listens there: restart Holdfast, or give the new one another port and remove the ' +
            'old one when nobody calls it any more',
        ];
  const changed = fields
    .filter(({ of }) => !isSame(of(before), of(after)))
    .map(
      ({ field }) =>
        `${path}.${field} cannot be changed while the listener has its connections: give it ` +
        'another port, and remove the old listener when nobody calls it any more; or restart ' +
        'Holdfast',
    );
  return [...renamed, ...changed];
}
