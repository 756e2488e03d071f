import { z } from 'zod';
import type { Fleet, FleetMember, HealthOperation } from '../operation.js';
import { healthMetadataSchema, parseBody } from '../schemas.js';

const schema = z.object({ requestMetadata: healthMetadataSchema });

const MAX_FLEET_MEMBERS = 10;

/**
 * Reports the health of the key manager's nodes. A malformed body is a ValidationException here
 * too: the error table leaves this operation out, AWS's test client asks for it.
 *
 * @see XKS Proxy API, section GetHealthStatus
 */
export const getHealthStatus: HealthOperation = {
  name: 'GetHealthStatus',
  pathSuffix: 'health',
  hashedFields: {},

  parse(json) {
    parseBody(schema, json);
    return { answer: describe };
  },
};

function describe({ proxyFleetSize, proxyModel, keyManagerVendor, members }: Fleet): object {
  return {
    xksProxyFleetSize: proxyFleetSize,
    xksProxyVendor: 'Holdfast',
    xksProxyModel: proxyModel,
    ekmVendor: keyManagerVendor,
    ekmFleetDetails: representatives(members),
  };
}

/**
 * At most ten members, every status that occurs among them: ten dead ones of twenty must not read
 * as a fleet that is dead.
 */
function representatives(members: readonly FleetMember[]): readonly FleetMember[] {
  const first = new Map(members.toReversed().map((member) => [member.healthStatus, member]));
  const rest = members.filter((member) => first.get(member.healthStatus) !== member);
  return [...first.values(), ...rest].slice(0, MAX_FLEET_MEMBERS);
}
