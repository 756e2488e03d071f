import { describe, expect, it } from 'vitest';
import { describeCustomKeyStores } from '../../../../src/kms-simulator/custom-key-stores/operations/describe-custom-key-stores.js';
import {
  ACCOUNT,
  callOf,
  makeKeyStores,
  MemoryRecords,
  settingsOf,
} from '../../../support/kms-simulator/key-stores.js';

const CALL = callOf('DescribeCustomKeyStores');

/** Key stores `first`, `second` and `third`, whose ids are in the opposite order. */
async function listing() {
  const records = new MemoryRecords();
  const { connectivity, uriEndpoint, uriPath, credential } = settingsOf();
  for (const [index, name] of ['first', 'second', 'third'].entries()) {
    await records.put({
      id: `cks-${String(9 - index)}`,
      account: ACCOUNT,
      name,
      createdAt: 10 ** (index + 1),
      connectivity,
      uriEndpoint,
      uriPath: `/${name}${uriPath}`,
      credential: { ...credential, since: 0 },
      connectionState: 'DISCONNECTED',
    });
  }
  return makeKeyStores({ records }).keyStores;
}

describe('a list of key stores that is read in pages', () => {
  it('gives each once, the oldest first', async () => {
    const keyStores = await listing();
    const names: unknown[] = [];
    let Marker: string | undefined;
    do {
      const page = await describeCustomKeyStores.run({ Limit: 1, Marker }, CALL, keyStores);
      names.push(...namesIn(page));
      Marker = page['NextMarker'] as string | undefined;
    } while (Marker !== undefined);
    expect(names).toEqual(['first', 'second', 'third']);
  });

  it('goes on where the key store that comes next is deleted between two pages', async () => {
    const keyStores = await listing();
    const { NextMarker } = await describeCustomKeyStores.run({ Limit: 1 }, CALL, keyStores);
    await keyStores.stores.remove('cks-8');
    const Marker = NextMarker as string;
    const rest = await describeCustomKeyStores.run({ Marker }, CALL, keyStores);
    expect(namesIn(rest)).toEqual(['third']);
    expect(rest).toMatchObject({ Truncated: false });
  });
});

function namesIn({ CustomKeyStores }: Readonly<Record<string, unknown>>): unknown[] {
  const entries = CustomKeyStores as readonly { readonly CustomKeyStoreName: string }[];
  return entries.map(({ CustomKeyStoreName }) => CustomKeyStoreName);
}
