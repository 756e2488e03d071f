import { z } from 'zod';
import type { Fleet, HealthOperation } from '../operation.js';
import { healthMetadataSchema, parseBody } from '../schemas.js';

const schema = z.object({ requestMetadata: healthMetadataSchema });

const MAX_FLEET_MEMBERS = 10;

/**
 * Tells how the key manager's nodes are. A malformed body is a ValidationException here too:
 * the error table leaves this operation out, AWS's test client asks for it.
 *
 * @see XKS Proxy API, section GetHealthStatus
 */
export const getHealthStatus: HealthOperation = {
  name: 'GetHealthStatus',
  pathSuffix: 'health',

  parse: (json) => ({
    requestMetadata: parseBody(schema, json).requestMetadata,
    answer: describe,
  }),
};

function describe({ proxyFleetSize, proxyModel, keyManagerVendor, members }: Fleet): object {
  return {
    xksProxyFleetSize: proxyFleetSize,
    xksProxyVendor: 'Holdfast',
    xksProxyModel: proxyModel,
    ekmVendor: keyManagerVendor,
    ekmFleetDetails: members.slice(0, MAX_FLEET_MEMBERS),
  };
}
