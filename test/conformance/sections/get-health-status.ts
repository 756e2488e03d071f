import { expect } from 'vitest';
import { encryptBody, healthBody, metadataBody } from '../../support/xks-requests.js';
import { expectError, expectSuccess } from '../expectations.js';
import type { Section } from '../requirement.js';

/** @see XKS Proxy API, section GetHealthStatus */
export const getHealthStatus: Section = {
  title: 'GetHealthStatus',
  requirements: [
    {
      level: 'OWN',
      text: 'the answer has the fields of the specification and no others',
      check: async ({ client }) => {
        const health = expectSuccess(await client.call('health', healthBody()));
        expect(Object.keys(health).sort()).toEqual([
          'ekmFleetDetails',
          'ekmVendor',
          'xksProxyFleetSize',
          'xksProxyModel',
          'xksProxyVendor',
        ]);
      },
    },
    {
      level: 'SHOULD',
      text: 'the model of the proxy names product and version',
      check: async ({ client }) => {
        const health = expectSuccess(await client.call('health', healthBody()));
        expect(health['xksProxyModel']).toMatch(/^Holdfast \d+\.\d+\.\d+/);
      },
    },
    {
      level: 'SHOULD',
      text: 'the key of the deep health check is out of reach of every key store',
      check: async ({ client }) => {
        const key = 'keys/holdfast-health-test';
        expectError(await client.call(`${key}/metadata`, metadataBody()), 'KeyNotFoundException');
        expectError(await client.call(`${key}/encrypt`, encryptBody()), 'KeyNotFoundException');
      },
    },
  ],
};
