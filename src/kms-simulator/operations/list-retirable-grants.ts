import { z } from 'zod';
import { KmsException } from '../exceptions.js';
import * as member from '../protocol/inputs.js';
import { grantEntry, grantsOf } from './grants.js';
import { operation } from './operation.js';
import { pageOf } from './pages.js';

/** Lists the grants that a principal may retire. */
export const listRetirableGrants = operation({
  name: 'ListRetirableGrants',
  input: z.object({
    Limit: member.limit,
    Marker: member.marker,
    RetiringPrincipal: member.principal.optional(),
    RetiringServicePrincipal: member.text(1, 128).optional(),
  }),
  run: (given, { call }, { keys }) => {
    const { RetiringPrincipal, RetiringServicePrincipal } = given;
    if ((RetiringPrincipal === undefined) === (RetiringServicePrincipal === undefined)) {
      throw new KmsException(
        'ValidationException',
        'Specify one of RetiringPrincipal and RetiringServicePrincipal.',
      );
    }
    const grants = grantsOf(keys)
      .filter(({ account }) => account === call.account)
      .filter(
        ({ terms }) =>
          terms.RetiringPrincipal === RetiringPrincipal &&
          terms.RetiringServicePrincipal === RetiringServicePrincipal,
      );
    const { items, more } = pageOf(grants, ({ id }) => id, given, { usual: 50, most: 100 });
    return Promise.resolve({ Grants: items.map((grant) => grantEntry(grant, keys)), ...more });
  },
});
