import assert from 'node:assert/strict';
import { randomBytes, randomUUID } from 'node:crypto';
import type { ImportWay, KeyAdministration, KeySummary, MaterialImport } from '../backend.js';
import {
  type ContractCase,
  type ContractHarness,
  ENCRYPT_AND_DECRYPT,
  isSupported,
} from './contract-case.js';
import { wrapped } from './wrapping.js';

/** Fields of an import that a case wants to be different. */
export type ImportChoices = Partial<
  Omit<Parameters<MaterialImport['importKeyMaterial']>[1], 'wrappingKeyId'>
>;

/** The import of material into keys of their own, as the cases use it. */
export class Importing {
  readonly harness: ContractHarness;
  readonly administration: KeyAdministration;
  readonly materialImport: MaterialImport;

  constructor(
    harness: ContractHarness,
    administration: KeyAdministration,
    materialImport: MaterialImport,
  ) {
    this.harness = harness;
    this.administration = administration;
    this.materialImport = materialImport;
  }

  /** The way whose wrapping key takes the least time to make. */
  get way(): ImportWay {
    const way = this.wayOf('RSAES_OAEP_SHA_256') ?? this.wayOf('RSA_AES_KEY_WRAP_SHA_256');
    return way ?? assert.fail('material can be imported, and in no way');
  }

  /** The same for one algorithm; undefined where the key manager cannot unwrap by it. */
  wayOf(algorithm: ImportWay['wrappingAlgorithm']): ImportWay | undefined {
    const [way] = this.materialImport.ways
      .filter(({ wrappingAlgorithm }) => wrappingAlgorithm === algorithm)
      .sort((a, b) => (a.wrappingKeySpec < b.wrappingKeySpec ? -1 : 1));
    return way;
  }

  /** Makes a key that waits for its material. */
  async makeKey(): Promise<KeySummary> {
    const id = `contract-${randomUUID()}`;
    const made = await this.administration.createKey?.(id, ENCRYPT_AND_DECRYPT, 'external');
    return made ?? assert.fail('material is imported into keys that were made for it');
  }

  /** Makes a key with imported material. */
  async makeImported() {
    const { description } = await this.makeKey();
    const material = randomBytes(32);
    const { externalKeyId } = description;
    const summary = await this.bring(externalKeyId, material);
    return { externalKeyId, material, summary };
  }

  /** Imports material, by default into the first version, under a wrapping key of its own. */
  async bring(
    externalKeyId: string,
    material: Buffer,
    choices: ImportChoices = {},
  ): Promise<KeySummary> {
    const { way = this.way } = choices;
    const { wrappingKeyId, publicKey } = await this.materialImport.createWrappingKey(way);
    try {
      return await this.materialImport.importKeyMaterial(externalKeyId, {
        way,
        wrappingKeyId,
        wrapped: wrapped(way, publicKey, material),
        version: 1,
        waits: false,
        ...choices,
      });
    } finally {
      await this.materialImport.destroyWrappingKey(wrappingKeyId);
    }
  }

  /** Destroys the material of a version. @returns false where a version cannot be destroyed */
  async destroy(externalKeyId: string, version: number): Promise<boolean> {
    const { administration } = this;
    const destroyVersion = administration.destroyVersion?.bind(administration);
    if (destroyVersion === undefined) return false;
    return isSupported(() => destroyVersion(externalKeyId, version));
  }
}

/** Passes where no material can be imported. */
export function withImport(run: (importing: Importing) => Promise<void>): ContractCase['run'] {
  return async (harness) => {
    const { administration } = harness;
    const materialImport = administration?.materialImport;
    if (administration === undefined || materialImport === undefined) return;
    await run(new Importing(harness, administration, materialImport));
  };
}
