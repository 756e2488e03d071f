import { valueAt, valuesAt } from '../configuration/reading/value-at.js';
import { type ListenerConfig, listenerName, type OperationsConfig } from '../http/config.js';
import type { Endpoint } from './address.js';

/** The address of a listener, and what configures it. */
export function listenerEndpoint(
  listener: Pick<ListenerConfig, 'name' | 'host' | 'port'>,
  index: number,
): Endpoint {
  return {
    what: `The listener ${listenerName(listener)}`,
    host: listener.host,
    port: listener.port,
    path: `listeners[${String(index)}]`,
    ...(index === 0 ? { variable: 'HOLDFAST_PORT' } : {}),
  };
}

/** The address of the operations listener, and what configures it. */
export function operationsEndpoint({
  host,
  port,
}: Pick<OperationsConfig, 'host' | 'port'>): Endpoint {
  const what = 'The operations listener';
  return { what, host, port, path: 'operations', variable: 'HOLDFAST_OPERATIONS_PORT' };
}

/** The addresses in a configuration that is not checked yet, as far as they can be tried. */
export function endpointsIn(value: unknown): Endpoint[] {
  const listeners = valuesAt(value, ['listeners', '*']).flatMap(({ value: listener }, index) => {
    const address = addressIn(listener);
    const name = valueAt(listener, ['name']);
    if (address === undefined) return [];
    return [
      listenerEndpoint({ ...address, name: typeof name === 'string' ? name : undefined }, index),
    ];
  });
  const operations = addressIn(valueAt(value, ['operations']));
  return operations === undefined ? listeners : [...listeners, operationsEndpoint(operations)];
}

function addressIn(listener: unknown): Pick<Endpoint, 'host' | 'port'> | undefined {
  const [host, port] = [valueAt(listener, ['host']), valueAt(listener, ['port'])];
  return typeof host === 'string' && typeof port === 'number' ? { host, port } : undefined;
}
