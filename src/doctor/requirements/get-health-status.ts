import { isObject } from '../client/answer.js';
import { type Body, healthBody } from '../client/bodies.js';
import { askHealth, SERVED } from '../calls.js';
import { CALL_FAILS, MALFORMED, TOO_STRICT, WRONG_ERROR } from '../explanations.js';
import { refusedAs, served, shown } from '../judgement.js';
import type { Requirement, Section, Subject } from '../requirement.js';
import { demand, Deviation, Remark } from '../verdict.js';

const MAX_KEY_MANAGERS = 10;
const STATUSES: readonly unknown[] = ['ACTIVE', 'DEGRADED', 'UNAVAILABLE'];

async function healthOf(subject: Subject): Promise<Body> {
  return served(await askHealth(subject));
}

/** Key managers that the answer names, as far as it does. */
async function fleetOf(subject: Subject): Promise<readonly Body[]> {
  const { ekmFleetDetails } = await healthOf(subject);
  return Array.isArray(ekmFleetDetails) ? ekmFleetDetails.filter(isObject) : [];
}

function isText(value: unknown): boolean {
  return typeof value === 'string' && value !== '';
}

const ofProxy = ['xksProxyVendor', 'xksProxyModel', 'ekmVendor'].map(
  (field): Requirement => ({
    id: `health.${field}`,
    level: 'MUST',
    text: `${field} is a string`,
    after: SERVED.health,
    ...MALFORMED,
    check: async (subject) => {
      const value = (await healthOf(subject))[field];
      demand(isText(value), `${field} is ${shown(value)}`);
      return String(value);
    },
  }),
);

const ofKeyManagers = ['id', 'model'].map(
  (field): Requirement => ({
    id: `health.ekmFleetDetails.${field}`,
    level: 'MUST',
    text: `${field} of each key manager is a string`,
    after: 'health.ekmFleetDetails',
    ...MALFORMED,
    check: async (subject) => {
      for (const entry of await fleetOf(subject)) {
        const value = entry[field];
        demand(isText(value), `${field} is ${shown(value)}`);
      }
      return undefined;
    },
  }),
);

/** @see XKS Proxy API, section GetHealthStatus */
export const getHealthStatus: Section = {
  title: 'GetHealthStatus',
  requirements: [
    {
      id: SERVED.health,
      level: 'MUST',
      text: 'GetHealthStatus is served',
      after: 'tls.http-1.1',
      meaning:
        'The key store can be neither created nor connected: KMS asks for the health of the ' +
        'proxy first.',
      advice:
        'AuthenticationFailedException: compare access key id and secret at both ends, the region ' +
        '(--region), the clock of the proxy, and the host name that it expects. ' +
        'InvalidUriPathException: compare the path. Else look into the log of the proxy.',
      check: async (subject) => {
        await healthOf(subject);
        return undefined;
      },
    },
    {
      id: 'tls.no-alpn',
      level: 'MUST',
      text: 'HTTP/1.1 is spoken with a client that offers no protocol by ALPN',
      after: SERVED.health,
      ...CALL_FAILS,
      check: async (subject) => {
        const client = subject.newClient({ tls: { ALPNProtocols: [] } });
        try {
          served(await client.call('health', healthBody()));
        } finally {
          client.close();
        }
        return undefined;
      },
    },
    {
      id: 'health.xksProxyFleetSize',
      level: 'MUST',
      text: 'xksProxyFleetSize is a whole number above zero',
      after: SERVED.health,
      ...MALFORMED,
      check: async (subject) => {
        const { xksProxyFleetSize: size } = await healthOf(subject);
        const found = `xksProxyFleetSize is ${shown(size)}`;
        demand(typeof size === 'number' && Number.isInteger(size) && size > 0, found);
        return String(size);
      },
    },
    ...ofProxy,
    {
      id: 'health.model-version',
      level: 'SHOULD',
      text: 'xksProxyModel names product and version',
      after: 'health.xksProxyModel',
      meaning: 'Nothing fails; who looks for a fault does not know which version was at work.',
      advice: 'Write the version into xksProxyModel.',
      check: async (subject) => {
        const model = String((await healthOf(subject))['xksProxyModel']);
        demand(/[^\d\W].*\d/.test(model), `xksProxyModel is ${model}`);
        return model;
      },
    },
    {
      id: 'health.ekmFleetDetails',
      level: 'MUST',
      text: 'ekmFleetDetails has one to ten entries',
      after: SERVED.health,
      ...MALFORMED,
      check: async (subject) => {
        const { ekmFleetDetails: entries } = await healthOf(subject);
        demand(
          Array.isArray(entries) && entries.every(isObject),
          `ekmFleetDetails is ${shown(entries)}`,
        );
        const count = entries.length;
        demand(count >= 1 && count <= MAX_KEY_MANAGERS, `there are ${count} entries`);
        return `${count}`;
      },
    },
    ...ofKeyManagers,
    {
      id: 'health.healthStatus',
      level: 'MUST',
      text: 'healthStatus of each key manager is ACTIVE, DEGRADED or UNAVAILABLE',
      after: 'health.ekmFleetDetails',
      ...MALFORMED,
      check: async (subject) => {
        const statuses = (await fleetOf(subject)).map((entry) => entry['healthStatus']);
        const odd = statuses.find((status) => !STATUSES.includes(status));
        demand(
          statuses.every((status) => STATUSES.includes(status)),
          `healthStatus is ${shown(odd)}`,
        );
        return statuses.join(', ');
      },
    },
    {
      id: 'health.can-serve',
      level: 'MUST',
      text: 'at least one key manager can serve',
      after: 'health.healthStatus',
      meaning: 'KMS has the key store for unreachable: nothing can be encrypted or decrypted.',
      advice: 'Bring a key manager back; the log of the proxy should say what is wrong with it.',
      check: async (subject) => {
        const statuses = (await fleetOf(subject)).map((entry) => entry['healthStatus']);
        const all = statuses.join(', ');
        if (statuses.every((status) => status === 'UNAVAILABLE')) throw new Deviation(all);
        if (statuses.some((status) => status !== 'ACTIVE')) throw new Remark(all);
        return all;
      },
    },
    {
      id: 'health.operations',
      level: 'MUST',
      text: 'the health is told whichever operation of KMS asks',
      after: SERVED.health,
      ...TOO_STRICT,
      check: async (subject) => {
        for (const kmsOperation of [
          'CreateCustomKeyStore',
          'ConnectCustomKeyStore',
          'UpdateCustomKeyStore',
          'KmsHealthCheck',
        ]) {
          const requestMetadata = { kmsRequestId: 'doctor', kmsOperation };
          served(await askHealth(subject, healthBody({ requestMetadata })));
        }
        return undefined;
      },
    },
    {
      id: 'health.malformed',
      level: 'OWN',
      text: 'a malformed body is ValidationException, as AWS asks of it beyond the table',
      after: SERVED.health,
      ...WRONG_ERROR,
      check: async (subject) => {
        for (const body of [{}, { requestMetadata: {} }, { requestMetadata: [] }]) {
          refusedAs(await askHealth(subject, body), 'ValidationException');
        }
        return undefined;
      },
    },
  ],
};
