import type { ServerOptions } from 'node:https';
import { beforeAll, describe, expect, it } from 'vitest';
import { authoritiesWith } from '../../../src/doctor/authorities/authorities.js';
import { type CertificateAuthority, makeCertificateAuthority } from '../../support/certificates.js';
import type { Behaviour } from '../../support/model-proxy/behaviour.js';
import { answerDeviations } from './deviations/answers.js';
import { operationDeviations } from './deviations/operations.js';
import { requestDeviations } from './deviations/requests.js';
import { examineModel, foundIn, identityOf } from './examined.js';

let authority: CertificateAuthority;
let tls: ServerOptions;

beforeAll(async () => {
  authority = await makeCertificateAuthority();
  tls = await identityOf(authority);
});

function examine(behaviour: Partial<Behaviour>) {
  return examineModel(behaviour, tls, (description) => ({
    ...description,
    authorities: authoritiesWith(authority.certificate),
  }));
}

it('a correct proxy → nothing is found, and all is looked at but DNS', async () => {
  const { findings } = await examine({});
  expect(foundIn(findings)).toEqual([]);
  const unseen = findings.filter(({ outcome }) => outcome === 'skipped' || outcome === 'unknown');
  expect(unseen.map(({ id }) => id)).toEqual(['network.resolves']);
});

describe.each([
  ['answers', answerDeviations],
  ['operations', operationDeviations],
  ['requests', requestDeviations],
])('a proxy that deviates in its %s → the requirement that it breaks, and no other', (_, table) => {
  it.each(table)('$title → $found', async ({ behaviour, found }) => {
    const { findings } = await examine(behaviour);
    expect(foundIn(findings).toSorted()).toEqual(found.toSorted());
    for (const { outcome, meaning, advice } of findings) {
      if (outcome !== 'failed' && outcome !== 'warning') continue;
      expect([meaning, advice]).toEqual([expect.stringMatching(/./), expect.stringMatching(/./)]);
    }
  });
});
