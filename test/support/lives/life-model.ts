import assert from 'node:assert/strict';
import type { KeyRecord } from '../../../src/external-keys/record.js';
import { decodeCiphertextMetadata } from '../../../src/xks/ciphertext-metadata.js';
import { BEGIN } from '../lifecycle.js';
import { DAY_MS } from '../scheduled-replica.js';
import type { Encrypted } from './life-replica.js';

/** The outcome of an act, as far as the one who asked for it can tell. */
export type Outcome = 'done' | 'refused' | 'uncertain';

/** Something encrypted in a life. */
export interface Kept extends Encrypted {
  /** The key, or the alias, under which KMS knows it. */
  readonly askedAs: string;
  readonly version: number;
  readonly plaintext: Buffer;
}

/** A token that permits an import, and who may have spent it. */
export interface Token {
  readonly externalKeyId: string;
  readonly publicKey: Buffer;
  readonly importToken: Buffer;
}

type RecordState = KeyRecord['state'] | 'absent';

/** The knowledge of a key without looking at it. */
interface KnownKey {
  /** The states that its record may have when nothing is under way. */
  states: Set<RecordState>;
  /** Real times from which it may be destroyed. */
  deletions: number[];
  readonly retirements: Map<number, number[]>;
  /** Whether the imported material of each version may be there. */
  readonly material: Map<number, Set<'present' | 'absent'>>;
  /** The dates at which material of a version ends, in ms since 1970. */
  readonly ends: Map<number, number[]>;
  /** The material that was imported into each version. */
  readonly imported: Map<number, number>;
}

/** Material that was offered for a version. */
interface Offered {
  readonly material: number;
  /** The date at which its use ends, in ms since 1970. */
  readonly endsAt: number | undefined;
  /** The version that it is probably for. */
  readonly version: number;
}

/** A key that its key manager had before Holdfast has a record as soon as an act needs one. */
const UNRECORDED = ['absent', 'Enabled'] as const;
const MOST_KEPT_OF_A_VERSION = 2;

/** A model of a life: it says what must be true, by what was asked for and answered in it. */
export class LifeModel {
  readonly kept: Kept[] = [];
  readonly tokens: Token[] = [];
  /** The longest time by which a machine's date was set forward. */
  forwardMs = 0;
  readonly #keys = new Map<string, KnownKey>();
  readonly #destroyed = new Set<string>();
  readonly #found = new Set<string>();

  /** The ids that are known, in the order in which they came. */
  get ids(): readonly string[] {
    return [...this.#keys.keys()];
  }

  /** Notes a key that its key manager had before Holdfast. */
  foundElsewhere(id: string): void {
    if (this.#keys.has(id)) return;
    this.#known(id).states = new Set(UNRECORDED);
    this.#found.add(id);
  }

  keep(askedAs: string, plaintext: Buffer, encrypted: Encrypted): void {
    const metadata = Buffer.from(encrypted.answer.ciphertextMetadata ?? '', 'base64');
    const version = decodeCiphertextMetadata(metadata)?.version;
    assert(version !== undefined, 'a ciphertext names its version');
    const { externalKeyId } = encrypted;
    assert(!this.isDestroyed(externalKeyId, version), `${externalKeyId} ${version} encrypts again`);
    const alike = this.kept.filter(
      (each) => each.externalKeyId === externalKeyId && each.version === version,
    );
    if (alike.filter((each) => each.askedAs === askedAs).length >= MOST_KEPT_OF_A_VERSION) return;
    this.kept.push({ ...encrypted, askedAs, version, plaintext });
  }

  /** Notes that an act leaves a key in a state. */
  leads(id: string, to: RecordState, outcome: Outcome): void {
    if (outcome === 'refused') return;
    const known = this.#known(id);
    known.states = outcome === 'done' ? new Set([to]) : known.states.add(to);
  }

  /** Notes that the deletion of a key is asked for. */
  schedulesDeletion(id: string, ranMs: number, days: number, outcome: Outcome): void {
    if (outcome !== 'refused') this.#known(id).deletions.push(ranMs + days * DAY_MS);
    this.leads(id, 'PendingDeletion', outcome);
  }

  cancelsDeletion(id: string, outcome: Outcome): void {
    if (outcome === 'done') this.#known(id).deletions = [];
    this.leads(id, 'Disabled', outcome);
  }

  /** Notes that a version is to be destroyed. @param overMs the real time from which it may be */
  retires(id: string, version: number, overMs: number, outcome: Outcome): void {
    if (outcome === 'refused') return;
    const { retirements } = this.#known(id);
    retirements.set(version, [...(retirements.get(version) ?? []), overMs]);
  }

  cancelsRetirement(id: string, version: number, outcome: Outcome): void {
    if (outcome === 'done') this.#known(id).retirements.delete(version);
  }

  /** Notes an import that was offered; what has become of it is in the record, if it is done. */
  imports(id: string, offered: Offered, outcome: Outcome, after: KeyRecord | undefined): void {
    if (outcome === 'refused') return;
    const known = this.#known(id);
    if (known.states.has('PendingImport')) this.leads(id, 'Enabled', 'uncertain');
    if (outcome === 'done') known.states.delete('PendingImport');
    const { endsAt, material } = offered;
    for (const version of Array.from({ length: 8 }, (_, index) => index + 1)) {
      if (endsAt === undefined) continue;
      known.ends.set(version, [...(known.ends.get(version) ?? []), endsAt]);
    }
    if (outcome === 'uncertain') {
      for (const possible of known.material.values()) possible.add('present');
      if (!known.imported.has(offered.version)) known.imported.set(offered.version, material);
    }
    for (const { version, destroyed } of after?.imports ?? []) {
      if (!known.imported.has(version)) known.imported.set(version, material);
      if (outcome === 'done' && destroyed === undefined)
        known.material.set(version, new Set(['present']));
    }
  }

  deletesMaterial(id: string, outcome: Outcome): void {
    if (outcome === 'refused') return;
    for (const possible of this.#known(id).material.values()) {
      if (outcome === 'done') possible.delete('present');
      possible.add('absent');
    }
  }

  /** The material that was imported into a version of a key. */
  materialOf(id: string, version: number): number | undefined {
    return this.#keys.get(id)?.imported.get(version);
  }

  /** True for material that was destroyed and must never open anything again. */
  isDestroyed(id: string, version: number): boolean {
    return this.#destroyed.has(id) || this.#destroyed.has(`${id} ${version}`);
  }

  /** True for a key that was destroyed. */
  isKeyDestroyed(id: string): boolean {
    return this.#destroyed.has(id);
  }

  /**
   * Holds the record of a key against what was asked for: whatever is destroyed was to be, and
   * long enough ago.
   */
  assertPermitted(id: string, record: KeyRecord | undefined, ranMs: number): void {
    const known = this.#keys.get(id);
    const isDestroyed = record?.state === 'Destroyed';
    if (this.#destroyed.has(id)) assert(isDestroyed, `${id} comes back from its destruction`);
    else if (isDestroyed) {
      assert(isOver(known?.deletions, ranMs), `${id} is destroyed too early, or unasked`);
      this.#destroyed.add(id);
    }
    for (const { version, destroyed } of record?.retirements ?? []) {
      const name = `${id} ${version}`;
      if (destroyed === undefined || this.#destroyed.has(name)) continue;
      assert(isOver(known?.retirements.get(version), ranMs), `${name} is destroyed too early`);
      this.#destroyed.add(name);
    }
  }

  /** Holds a record at which nobody is against the answers that were given, and learns from it. */
  assertAsAnswered(id: string, record: KeyRecord | undefined, ranMs: number): void {
    const known = this.#keys.get(id);
    if (known === undefined) return;
    const state = record?.state ?? 'absent';
    const possible = [...known.states];
    const mayBe =
      possible.includes(state) || (state === 'Destroyed' && possible.includes('PendingDeletion'));
    assert(mayBe, `${id} is ${state}, and should be ${possible.join(' or ')}`);
    const isUnrecorded = state === 'absent' && this.#found.has(id);
    known.states = new Set<RecordState>(isUnrecorded ? UNRECORDED : [state]);
    if (record !== undefined) this.#assertMaterial(known, record, ranMs);
  }

  #assertMaterial(known: KnownKey, record: KeyRecord, ranMs: number): void {
    const { externalKeyId, imports = [], retirements = [] } = record;
    const retired = new Set(retirements.map(({ version }) => version));
    for (const [version, possible] of known.material) {
      if (retired.has(version) || record.state === 'Destroyed') continue;
      const imported = imports.find((each) => each.version === version);
      const is = imported?.destroyed === undefined ? 'present' : 'absent';
      const what = `the material of ${externalKeyId} ${version}`;
      assert(imported !== undefined, `${what} is forgotten`);
      const now = BEGIN + ranMs + this.forwardMs;
      const hasEnded = known.ends.get(version)?.some((end) => end <= now) === true;
      const mayBe = possible.has(is) || (is === 'absent' && hasEnded);
      assert(mayBe, `${what} is ${is}, and should be ${[...possible].join(' or ')}`);
    }
    known.material.clear();
    for (const { version, destroyed } of imports) {
      known.material.set(version, new Set([destroyed === undefined ? 'present' : 'absent']));
    }
  }

  #known(id: string): KnownKey {
    const known = this.#keys.get(id) ?? {
      states: new Set<RecordState>(['absent']),
      deletions: [],
      retirements: new Map(),
      material: new Map(),
      ends: new Map(),
      imported: new Map(),
    };
    this.#keys.set(id, known);
    return known;
  }
}

function isOver(times: readonly number[] | undefined, ranMs: number): boolean {
  return times?.some((time) => time <= ranMs) === true;
}
