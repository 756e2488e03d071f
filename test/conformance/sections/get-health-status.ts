import { expect } from 'vitest';
import { encryptBody, healthBody, metadataBody } from '../../support/xks-requests.js';
import { expectError, expectSuccess } from '../expectations.js';
import type { Section } from '../requirement.js';

/** @see XKS Proxy API, section GetHealthStatus */
export const getHealthStatus: Section = {
  title: 'GetHealthStatus',
  requirements: [
    {
      level: 'MUST',
      text: 'all fields are there, in their types, with one to ten key managers',
      check: async ({ client }) => {
        const health = expectSuccess(await client.call('health', healthBody()));
        expect(Object.keys(health).sort()).toEqual([
          'ekmFleetDetails',
          'ekmVendor',
          'xksProxyFleetSize',
          'xksProxyModel',
          'xksProxyVendor',
        ]);
        const fleet = health['ekmFleetDetails'] as Record<string, unknown>[];
        expect(health['xksProxyFleetSize']).toSatisfy((size) => Number.isInteger(size) && size > 0);
        for (const field of ['ekmVendor', 'xksProxyModel', 'xksProxyVendor']) {
          expect(health[field]).toMatch(/./);
        }
        expect(fleet.length).toBeGreaterThanOrEqual(1);
        expect(fleet.length).toBeLessThanOrEqual(10);
        for (const { id, model, healthStatus } of fleet) {
          expect([id, model]).toEqual([expect.stringMatching(/./), expect.stringMatching(/./)]);
          expect(['ACTIVE', 'DEGRADED', 'UNAVAILABLE']).toContain(healthStatus);
        }
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
    {
      level: 'OWN',
      text: 'a malformed body is ValidationException, as AWS asks of it beyond the table',
      check: async ({ client }) => {
        for (const body of [{}, { requestMetadata: {} }, { requestMetadata: [] }]) {
          expectError(await client.call('health', body), 'ValidationException');
        }
      },
    },
  ],
};
