import { describe, expect, it, vi } from 'vitest';
import type { AliasStanding, KeyStandings } from '../../../src/external-keys/standing.js';
import type { ServedPolicies } from '../../../src/pipeline/context.js';
import { MemoryKeyManager } from '../../support/memory-key-manager.js';
import { openAuthorizer, policySource } from '../../support/policies.js';
import { healthBody, metadataBody, requestMetadata } from '../../support/xks-requests.js';
import { encryptBody } from '../../support/xks-requests.js';
import { errorNameOf, incoming, keyStoreOn, makePipeline, NOW, PREFIX } from './harness.js';

const ROLE = 'arn:aws:iam::111122223333:role/app';
const alias: AliasStanding = { keyStore: 'store', enabled: true, targets: ['key'] };
const keys: Partial<KeyStandings> = {
  keyOf: () => ({
    state: 'Enabled',
    tags: new Map([
      ['env', 'prod'],
      ['team', 'hr'],
    ]),
  }),
  aliasOf: (id) => (id === 'alias' ? alias : undefined),
};

/** A pipeline whose key store has policies. */
async function policed(text: string, others: Partial<ServedPolicies> = {}) {
  const authorizer = await openAuthorizer(policySource(text));
  const clock = { now: () => NOW, monotonic: () => 0 };
  const keyManager = new MemoryKeyManager({ key: {} });
  const keyStore = {
    ...keyStoreOn(keyManager, clock, undefined, keys),
    policies: { authorizer, shadow: undefined, breakGlass: { isOpen: () => false }, ...others },
  };
  const pipeline = makePipeline({ keyStores: new Map([['/store', keyStore]]) });
  const encrypt = (id: string, metadata = {}) => {
    const body = encryptBody({
      requestMetadata: requestMetadata({ awsPrincipalArn: ROLE, ...metadata }),
    });
    return pipeline.handle(incoming(`${PREFIX}/keys/${id}/encrypt`, body).call);
  };
  return { ...pipeline, keyManager, encrypt, policySet: authorizer.policySet };
}

const BY_ROLE = `@id("app") permit(principal in Principal::"${ROLE}", action, resource)
  when { resource.hasTag("env") && resource.getTag("env") == "prod" };`;

describe('a key store with policies', () => {
  it('a permitted caller → served; the record names the policy, and the tags that it read', async () => {
    const { encrypt, records, policySet } = await policed(BY_ROLE);
    expect(errorNameOf(await encrypt('key'))).toBe('none');
    expect(records[0]?.authorization).toEqual({
      ...{ decision: 'allowed', by: 'policy', policySet, policies: ['app'] },
      ...{ alias: undefined, tags: { env: 'prod' } },
    });
  });

  it('a caller that nothing permits → AccessDeniedException that names no policy', async () => {
    const { encrypt, records, keyManager } = await policed(BY_ROLE);
    const encrypts = vi.spyOn(keyManager, 'encrypt');
    const answer = await encrypt('key', { awsPrincipalArn: 'arn:aws:iam::111122223333:user/eve' });
    expect(answer.status).toBe(403);
    expect(JSON.parse(answer.body)).toEqual({
      errorName: 'AccessDeniedException',
      errorMessage: 'The caller may not use the external key.',
    });
    expect(encrypts).not.toHaveBeenCalled();
    expect(records[0]).toMatchObject({
      authorization: { decision: 'denied', by: 'policy', policies: [] },
      cause: expect.stringContaining('permits') as string,
    });
  });

  it('a caller that a policy forbids → the record names it, and the alias', async () => {
    const text = `${BY_ROLE} @id("no-alias") forbid(principal, action, resource) when { resource has alias };`;
    const { encrypt, records } = await policed(text);
    expect(errorNameOf(await encrypt('key'))).toBe('none');
    expect(errorNameOf(await encrypt('alias'))).toBe('AccessDeniedException');
    expect(records[1]?.authorization).toMatchObject({ policies: ['no-alias'], alias: 'alias' });
    expect(records[1]?.cause).toBe('forbidden by no-alias');
  });

  it('a forbid that errs → denied, which Cedar alone would allow, and told', async () => {
    const text = `permit(principal, action, resource);
      @id("errs") forbid(principal, action, resource) when { context.localHour * 9223372036854775807 > 1 };`;
    const { encrypt, records, events, policySet } = await policed(text);
    expect(errorNameOf(await encrypt('key'))).toBe('AccessDeniedException');
    expect(records[0]?.authorization).toMatchObject({ decision: 'denied', by: 'policy-error' });
    expect(records[0]?.cause).toMatch(/^policy-error: errs: .*overflow/u);
    expect(events).toMatchObject([{ event: 'policy-error', keyStore: 'store', policySet }]);
  });

  it('GetKeyMetadata → decided as well', async () => {
    const { handle } = await policed('permit(principal, action == Action::"Encrypt", resource);');
    const answer = await handle(incoming(`${PREFIX}/keys/key/metadata`, metadataBody()).call);
    expect(errorNameOf(answer)).toBe('AccessDeniedException');
  });

  it('GetHealthStatus → exempt', async () => {
    const { handle } = await policed('forbid(principal, action, resource);');
    const answer = await handle(incoming(`${PREFIX}/health`, healthBody()).call);
    expect(answer.status).toBe(200);
  });

  it('what policies deny, with the glass broken → allowed, and the record says by what', async () => {
    const open = { isOpen: (keyStore: string, now: number) => keyStore === 'store' && now === NOW };
    const { encrypt, records } = await policed('@id("all") forbid(principal, action, resource);', {
      breakGlass: open,
    });
    expect(errorNameOf(await encrypt('key'))).toBe('none');
    expect(records[0]?.authorization).toMatchObject({
      ...{ decision: 'allowed', by: 'break-glass', policies: ['all'] },
    });
    expect(errorNameOf(await encrypt('hidden'))).toBe('KeyNotFoundException');
  });
});
