import { createSecretKey } from 'node:crypto';
import { createKey } from '../../src/external-keys/lifecycle/create-key.js';
import { importMaterial } from '../../src/external-keys/lifecycle/import-material.js';
import { importParameters } from '../../src/external-keys/lifecycle/import-parameters.js';
import type { OfferedMaterial } from '../../src/external-keys/lifecycle/import-target.js';
import type { KeyUsage } from '../../src/key-managers/backend.js';
import { untraced } from '../../src/key-managers/key-manager.js';
import { decryptAesGcm } from '../../src/key-managers/sealed/keys/aes-gcm.js';
import { systemClock } from '../../src/shared/clock.js';
import { Deadline } from '../../src/shared/deadline.js';
import { BEGIN, type LifecycleReplica, lifecycleReplica } from './lifecycle.js';
import { LivingKeys, type LostCall } from './living-keys.js';
import { MemoryState } from './memory-state-store.js';
import { OAEP_2048, wrap } from './wrapping-pair.js';

const BOTH: ReadonlySet<KeyUsage> = new Set(['ENCRYPT', 'DECRYPT']);

/** Material of a first version. */
export const FIRST = Buffer.alloc(32, 1);
/** Material of a second version. */
export const SECOND = Buffer.alloc(32, 2);

/** A key for imported material on a replica whose clock the test moves. */
export class Ceremony {
  readonly memory = new MemoryState();
  readonly keys = new LivingKeys();
  nowMs = BEGIN;
  replica!: LifecycleReplica;

  static async begin(): Promise<Ceremony> {
    const ceremony = new Ceremony();
    ceremony.replica = await ceremony.anotherReplica();
    await ceremony.create('key');
    return ceremony;
  }

  anotherReplica(
    overrides: Parameters<typeof lifecycleReplica>[2] = {},
  ): Promise<LifecycleReplica> {
    const clock = { now: () => this.nowMs, monotonic: () => performance.now() };
    return lifecycleReplica(this.memory, this.keys, { clock, ...overrides });
  }

  create(externalKeyId: string) {
    const wanted = { externalKeyId, usage: BOTH, origin: 'external' } as const;
    return createKey(this.replica.lifecycle, wanted, 'ann');
  }

  parameters(id = 'key', way = OAEP_2048) {
    return importParameters(this.replica.lifecycle, id, way, 'ann');
  }

  /** Fetches parameters, wraps the material and offers it. */
  async bring(material: Buffer, terms: Partial<OfferedMaterial> = {}, way = OAEP_2048) {
    const { publicKey, importToken } = await this.parameters('key', way);
    return this.offer({ wrapped: wrap(way, publicKey, material), importToken, ...terms });
  }

  offer(offered: OfferedMaterial, id = 'key') {
    return importMaterial(this.replica.lifecycle, id, offered, 'ann');
  }

  get state(): string {
    return this.replica.records.keyOf('key').state;
  }

  get record() {
    return this.replica.records.keyRecordOf('key')?.value;
  }

  /** The version whose material encrypts, by what the key manager makes with it. */
  async materialOf(version: number): Promise<Buffer | undefined> {
    const call = untraced(Deadline.after(systemClock, 10_000));
    const known = (await this.keys.describeKey('key', call)).versions.get(version);
    if (known === undefined) return undefined;
    const ref = { externalKeyId: 'key', version: known };
    const sealed = await this.keys.encrypt(ref, Buffer.from('x'), Buffer.alloc(0), call);
    return [FIRST, SECOND].find((material) => {
      try {
        return decryptAesGcm(createSecretKey(material), sealed, Buffer.alloc(0)).equals(
          Buffer.from('x'),
        );
      } catch {
        return false;
      }
    });
  }

  /** Loses the first call of an act. */
  loseOnce(act: string, lost: LostCall): void {
    let isLost = false;
    this.keys.losing = (each) => {
      if (each !== act || isLost) return undefined;
      isLost = true;
      return lost;
    };
  }
}
