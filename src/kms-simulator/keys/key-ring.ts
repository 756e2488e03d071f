import { randomUUID } from 'node:crypto';
import type { Clock } from '../../shared/clock.js';
import { DAY_MS } from '../../shared/durations.js';
import type { RandomBytes } from '../../shared/randomness.js';
import type { Call } from '../call.js';
import type { KeyCensus, KeyStoreStates } from '../custom-key-stores/external-cryptography.js';
import type { UsedKey } from '../events/finished-call.js';
import { KmsException } from '../exceptions.js';
import type { Collection } from '../state/collection.js';
import { aliasArn, keyArn, parseKeyName } from './key-ids.js';
import type { AliasRecord, GrantRecord, KeyRecord, Material } from './records.js';
import { type KeyState, type Need, requireKeyState } from './states.js';

const KEY_BYTES = 32;
const MATERIAL_ID_BYTES = 32;

/** The ports of the key ring. */
export interface KeyRingPorts {
  readonly region: string;
  readonly keys: Collection<KeyRecord>;
  readonly aliases: Collection<AliasRecord>;
  readonly grants: Collection<GrantRecord>;
  readonly clock: Clock;
  readonly randomBytes: RandomBytes;
}

/** The manner in which an operation names a key, and what it wants to do with it. */
export interface Resolving {
  readonly call: Call;
  /** Every key that is found is added, for CloudTrail. */
  readonly used: UsedKey[];
  readonly need: Need;
  /** True where KMS takes alias names and alias ARNs as well. */
  readonly byAlias?: boolean;
  /** True where KMS takes keys of other accounts. */
  readonly acrossAccounts?: boolean;
}

/** The KMS keys of all accounts with their aliases and grants. */
export class KeyRing implements KeyCensus {
  readonly region: string;
  readonly aliases: Collection<AliasRecord>;
  readonly grants: Collection<GrantRecord>;
  readonly #ports: KeyRingPorts;
  #keyStores: KeyStoreStates | undefined;

  constructor(ports: KeyRingPorts) {
    this.region = ports.region;
    this.aliases = ports.aliases;
    this.grants = ports.grants;
    this.#ports = ports;
  }

  /** Tells the ring of the key stores, which themselves ask it for their keys. */
  follow(keyStores: KeyStoreStates): void {
    this.#keyStores = keyStores;
  }

  /** Keys of an account, in the order of their ids. */
  async list(account: string): Promise<readonly KeyRecord[]> {
    const records = await Promise.all(this.#ports.keys.all().map(({ id }) => this.find(id)));
    return records
      .filter((record) => record !== undefined)
      .filter((record) => record.account === account)
      .sort((a, b) => (a.id < b.id ? -1 : 1));
  }

  /** The key as it is now: what was to happen to it by this time is done first. */
  async find(id: string): Promise<KeyRecord | undefined> {
    const record = this.#ports.keys.get(id);
    if (record === undefined) return undefined;
    const now = this.#ports.clock.now();
    if (record.deletionAt !== undefined && record.deletionAt <= now) {
      await this.#delete(record);
      return undefined;
    }
    const { rotation, state } = record;
    if (rotation === undefined || rotation.nextAt > now || state !== 'Enabled') return record;
    const nextAt = now + rotation.periodDays * DAY_MS;
    return this.rotate({ ...record, rotation: { ...rotation, nextAt } }, 'AUTOMATIC');
  }

  /** @throws KmsException where there is no such key, or its state does not allow the operation */
  async resolve(name: string, resolving: Resolving): Promise<KeyRecord> {
    const { call, used, need, byAlias = false, acrossAccounts = false } = resolving;
    const scope = { region: this.region, account: call.account };
    const parsed = parseKeyName(name, scope);
    if (parsed.kind === 'alias' && !byAlias) {
      throw new KmsException('NotFoundException', `Invalid keyId '${name}'`);
    }
    const id = parsed.kind === 'key' ? parsed.id : this.#targetOf(parsed.arn);
    const record = await this.find(id);
    if (record?.account !== parsed.account) {
      const arn = keyArn({ region: this.region, account: parsed.account }, id);
      throw new KmsException('NotFoundException', `Key '${arn}' does not exist`);
    }
    if (record.account !== call.account && !acrossAccounts) throw notAuthorized(call, name);
    used.push({ arn: this.arnOf(record), ...record.external });
    requireKeyState(this.arnOf(record), this.stateOf(record), need);
    return record;
  }

  arnOf({ id, account }: Pick<KeyRecord, 'id' | 'account'>): string {
    return keyArn({ region: this.region, account }, id);
  }

  aliasArnOf(account: string, name: string): string {
    return aliasArn({ region: this.region, account }, name);
  }

  /** The state as callers see it. */
  stateOf({ state, external }: KeyRecord): KeyState {
    if (external === undefined || state === 'PendingDeletion') return state;
    const isConnected = this.#keyStores?.isConnected(external.customKeyStoreId) === true;
    return isConnected ? state : 'Unavailable';
  }

  async create(
    settings: Pick<KeyRecord, 'account' | 'description' | 'external' | 'policy' | 'tags'>,
  ): Promise<KeyRecord> {
    const now = this.#ports.clock.now();
    const record: KeyRecord = {
      ...settings,
      id: randomUUID(),
      createdAt: now,
      state: 'Enabled',
      materials: [this.#newMaterial(now)],
    };
    await this.#ports.keys.put(record);
    return record;
  }

  async put(record: KeyRecord): Promise<void> {
    await this.#ports.keys.put(record);
  }

  /** Gives a key further material, with which it encrypts from now on. */
  async rotate(record: KeyRecord, rotation: Material['rotation']): Promise<KeyRecord> {
    const fresh = { ...this.#newMaterial(this.#ports.clock.now()), rotation };
    const rotated = { ...record, materials: [...record.materials, fresh] };
    await this.#ports.keys.put(rotated);
    return rotated;
  }

  /** External keys of a key store. Those of keys that wait for their deletion are among them. */
  xksKeyIds(customKeyStoreId: string): readonly string[] {
    const now = this.#ports.clock.now();
    return this.#ports.keys
      .all()
      .filter(({ deletionAt }) => deletionAt === undefined || deletionAt > now)
      .flatMap(({ external }) =>
        external?.customKeyStoreId === customKeyStoreId ? [external.xksKeyId] : [],
      );
  }

  #newMaterial(createdAt: number): Material {
    const { randomBytes } = this.#ports;
    return {
      id: randomBytes(MATERIAL_ID_BYTES).toString('hex'),
      key: randomBytes(KEY_BYTES).toString('base64'),
      createdAt,
    };
  }

  #targetOf(arn: string): string {
    const alias = this.aliases.get(arn);
    if (alias !== undefined) return alias.targetKeyId;
    throw new KmsException('NotFoundException', `Alias ${arn} is not found.`);
  }

  /** With its aliases and grants, as KMS does. */
  async #delete({ id }: KeyRecord): Promise<void> {
    const aliases = this.aliases.all().filter(({ targetKeyId }) => targetKeyId === id);
    const grants = this.grants.all().filter(({ keyId }) => keyId === id);
    await Promise.all([
      this.#ports.keys.remove(id),
      ...aliases.map((alias) => this.aliases.remove(alias.id)),
      ...grants.map((grant) => this.grants.remove(grant.id)),
    ]);
  }
}

/** The answer for a resource of another account that does not let the caller in. */
export function notAuthorized({ principalArn, operation }: Call, resource: string): KmsException {
  return new KmsException(
    'AccessDeniedException',
    `User: ${principalArn} is not authorized to perform: kms:${operation} on resource: ${resource} because no resource-based policy allows the kms:${operation} action`,
  );
}
