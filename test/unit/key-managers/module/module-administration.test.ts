import { describe, expect, it } from 'vitest';
import type { KeyAdministration, KeySummary } from '../../../../src/key-managers/backend.js';
import { checkedAdministration } from '../../../../src/key-managers/module/module-administration.js';

const SECRET = 'a secret of the module';
const VERSION = { version: 1, materialName: Buffer.alloc(8) };
const SUMMARY: KeySummary = {
  description: {
    externalKeyId: 'k',
    usage: new Set(['ENCRYPT']),
    enabled: true,
    current: VERSION,
    versions: new Map([[1, VERSION]]),
  },
  createdAt: new Date(0),
  origin: 'generated',
  versions: [{ ...VERSION, createdAt: new Date(0), encryptions: 1, material: 'present' }],
};
const WAY = { wrappingAlgorithm: 'RSAES_OAEP_SHA_256', wrappingKeySpec: 'RSA_2048' } as const;

/** A module is JavaScript: its answers have no types. */
function answering(answer: unknown): KeyAdministration {
  const act = () => Promise.resolve(answer as never);
  return checkedAdministration(
    {
      listKeys: act,
      summarizeKey: act,
      createKey: act,
      rotateKey: act,
      setKeyEnabled: act,
      destroyVersion: act,
      destroyKey: act,
      materialImport: {
        ways: [WAY],
        createWrappingKey: act,
        importKeyMaterial: act,
        destroyWrappingKey: act,
      },
    },
    [SECRET],
  );
}

const ACTS: readonly (readonly [string, (own: KeyAdministration) => unknown])[] = [
  ['summarizeKey', (own) => own.summarizeKey?.('k')],
  ['createKey', (own) => own.createKey?.('k', new Set())],
  ['rotateKey', (own) => own.rotateKey?.('k', 1)],
  ['setKeyEnabled', (own) => own.setKeyEnabled?.('k', true)],
  [
    'importKeyMaterial',
    (own) =>
      own.materialImport?.importKeyMaterial('k', {
        way: WAY,
        wrappingKeyId: 'w',
        wrapped: Buffer.alloc(0),
        version: 1,
        waits: false,
      }),
  ],
];

describe('what a module answers to an act', () => {
  it.each(ACTS)('%s with a summary → as it is', async (_method, act) => {
    expect(await act(answering(SUMMARY))).toBe(SUMMARY);
  });

  it.each(ACTS)('%s with something else → internal, naming the method', async (method, act) => {
    for (const bad of [
      {},
      { ...SUMMARY, createdAt: '2026-01-01' },
      { ...SUMMARY, origin: 'AWS_KMS' },
      { ...SUMMARY, versions: new Map() },
      { ...SUMMARY, versions: [{ ...VERSION, material: 'gone' }] },
      {
        ...SUMMARY,
        versions: [{ version: 1, materialName: new Uint8Array(8), material: 'present' }],
      },
      { ...SUMMARY, description: { ...SUMMARY.description, usage: ['ENCRYPT'] } },
    ]) {
      await expect(act(answering(bad))).rejects.toMatchObject({
        code: 'internal',
        message: expect.stringContaining(`the module's ${method} answered`) as string,
      });
    }
  });

  it('listKeys with no list → internal', async () => {
    await expect(answering({}).listKeys?.()).rejects.toMatchObject({ code: 'internal' });
    expect(await answering([SUMMARY]).listKeys?.()).toEqual([SUMMARY]);
  });

  it('a wrapping key → its id has the form of one, and the public half is a Buffer', async () => {
    const made = { wrappingKeyId: 'w-1', publicKey: Buffer.alloc(1) };
    expect(await answering(made).materialImport?.createWrappingKey(WAY)).toEqual(made);
    for (const bad of [
      { ...made, wrappingKeyId: 'a/b' },
      { ...made, publicKey: 'PEM' },
    ]) {
      const creation = answering(bad).materialImport?.createWrappingKey(WAY);
      await expect(creation).rejects.toMatchObject({ code: 'internal' });
    }
  });

  it('old wrapping keys that it destroys by itself → asked for it; one that cannot → is not', async () => {
    let asked = 0;
    const act = () => Promise.resolve(undefined as never);
    const own = {
      ...{ ways: [WAY], createWrappingKey: act, importKeyMaterial: act, destroyWrappingKey: act },
      destroyOldWrappingKeys: () => {
        asked += 1;
        return Promise.resolve();
      },
    };
    await checkedAdministration(
      { materialImport: own },
      [],
    ).materialImport?.destroyOldWrappingKeys?.();
    expect(asked).toBe(1);
    expect(answering(SUMMARY).materialImport).not.toHaveProperty('destroyOldWrappingKeys');
  });

  it('a method that it lacks → is lacking here', () => {
    const checked = checkedAdministration({}, []);
    expect(Object.keys(checked)).toEqual(['materialImport']);
    expect(checked.materialImport).toBeUndefined();
  });

  it('a failure that has a secret in it → without the secret', async () => {
    const failing = checkedAdministration(
      { destroyKey: () => Promise.reject(new Error(`no ${SECRET}`)) },
      [SECRET],
    );
    await expect(failing.destroyKey?.('k')).rejects.toMatchObject({
      message: expect.not.stringContaining(SECRET) as string,
    });
  });
});
