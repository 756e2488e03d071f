import type { Deadline } from '../../shared/deadline.js';
import {
  type KeyMakingAdministration,
  KeyManagerError,
  type KeySummary,
  type KeyUsage,
  type MaterialImport,
  type MaterialOrigin,
} from '../backend.js';
import { destroyKey, destroyVersion, rotateKey, setKeyEnabled } from './key-acts.js';
import { onFirstNode } from '../nodes/first-node.js';
import { type AdministrationPorts, budget, summaryOf, transitKeyOf } from './known-transit-key.js';
import { importWays, VaultImport } from './material-import.js';

const READS_AT_ONCE = 8;

/**
 * The administration of keys, as far as the policy of Holdfast's token allows, on the first node
 * that can be reached. An act that a node did without an answer is done once: the next node finds
 * it done.
 */
export class VaultAdministration implements KeyMakingAdministration {
  /** The servers choose the IVs. */
  readonly countsEncryptions = false;
  readonly materialImport: MaterialImport;
  readonly #nodes: readonly AdministrationPorts[];

  /** @param nodes in configured order */
  constructor(nodes: readonly AdministrationPorts[]) {
    this.#nodes = nodes;
    this.materialImport = {
      ways: importWays,
      createWrappingKey: (way) =>
        onFirstNode(nodes, (node) => new VaultImport(node).createWrappingKey(way)),
      importKeyMaterial: (externalKeyId, material) =>
        onFirstNode(nodes, (node) =>
          new VaultImport(node).importKeyMaterial(externalKeyId, material),
        ),
      destroyWrappingKey: () => Promise.resolve(),
    };
  }

  listKeys(): Promise<readonly KeySummary[]> {
    return onFirstNode(this.#nodes, listKeys);
  }

  takenIds(): Promise<readonly string[]> {
    return onFirstNode(this.#nodes, (node) => externalKeyIdsOf(node, budget(node)));
  }

  summarizeKey(externalKeyId: string): Promise<KeySummary | undefined> {
    return onFirstNode(this.#nodes, (node) => summary(node, externalKeyId, budget(node)));
  }

  createKey(
    externalKeyId: string,
    usage: ReadonlySet<KeyUsage>,
    origin: MaterialOrigin = 'generated',
  ): Promise<KeySummary> {
    return onFirstNode(this.#nodes, (node) => createKey(node, { externalKeyId, usage, origin }));
  }

  rotateKey(externalKeyId: string, from: number): Promise<KeySummary> {
    return onFirstNode(this.#nodes, (node) => rotateKey(node, externalKeyId, from));
  }

  setKeyEnabled(externalKeyId: string, enabled: boolean): Promise<KeySummary> {
    return onFirstNode(this.#nodes, (node) => setKeyEnabled(node, externalKeyId, enabled));
  }

  destroyVersion(externalKeyId: string, version: number): Promise<void> {
    return onFirstNode(this.#nodes, (node) => destroyVersion(node, externalKeyId, version));
  }

  destroyKey(externalKeyId: string): Promise<void> {
    return onFirstNode(this.#nodes, (node) => destroyKey(node, externalKeyId));
  }
}

async function listKeys(node: AdministrationPorts): Promise<readonly KeySummary[]> {
  const deadline = budget(node);
  const externalKeyIds = await externalKeyIdsOf(node, deadline);
  const summaries: KeySummary[] = [];
  for (let next = 0; next < externalKeyIds.length; next += READS_AT_ONCE) {
    const group = externalKeyIds.slice(next, next + READS_AT_ONCE);
    const found = await Promise.all(group.map((id) => summary(node, id, deadline)));
    summaries.push(...found.filter((each) => each !== undefined));
  }
  return summaries;
}

interface WantedKey {
  readonly externalKeyId: string;
  readonly usage: ReadonlySet<KeyUsage>;
  readonly origin: MaterialOrigin;
}

/** Makes a key; Transit has none without material, so that one comes to be at its first import. */
async function createKey(
  node: AdministrationPorts,
  { externalKeyId, usage, origin }: WantedKey,
): Promise<KeySummary> {
  assertUsage(node, externalKeyId, usage);
  const transitKey = transitKeyOf(node.names, externalKeyId);
  const deadline = budget(node);
  if (origin === 'external') return pendingImport(externalKeyId, usage);
  await node.transit.createKey(transitKey, deadline);
  const created = await summary(node, externalKeyId, deadline);
  if (created !== undefined) return created;
  throw new KeyManagerError('internal', `${transitKey} was created and is not found`);
}

function pendingImport(externalKeyId: string, usage: ReadonlySet<KeyUsage>): KeySummary {
  const material = { current: undefined, versions: new Map() };
  return {
    description: { externalKeyId, usage, enabled: true, ...material },
    origin: 'external',
    versions: [],
  };
}

/** Transit's keys have no usage: a usage other than both is in the configuration. */
function assertUsage(
  { names }: AdministrationPorts,
  externalKeyId: string,
  usage: ReadonlySet<KeyUsage>,
): void {
  const configured = names.usageOf(externalKeyId);
  if (configured.size === usage.size && [...usage].every((it) => configured.has(it))) return;
  throw new KeyManagerError(
    'unsupported',
    `Transit keys have no usage. The configuration gives ${externalKeyId} the usage ` +
      `${[...configured].join(' and ') || 'none'}; change it in \`keys\`.`,
  );
}

async function externalKeyIdsOf(
  { transit, names }: AdministrationPorts,
  deadline: Deadline,
): Promise<readonly string[]> {
  return (await transit.listKeys(deadline)).flatMap(
    (transitKey) => names.externalKeyIdOf(transitKey) ?? [],
  );
}

/** @returns undefined for a key that has been deleted meanwhile */
async function summary(
  node: AdministrationPorts,
  externalKeyId: string,
  deadline: Deadline,
): Promise<KeySummary | undefined> {
  const transitKey = node.names.transitKeyOf(externalKeyId);
  const key =
    transitKey === undefined ? undefined : await node.transit.readKey(transitKey, deadline);
  return key === undefined ? undefined : summaryOf(node, externalKeyId, key);
}
