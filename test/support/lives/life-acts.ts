import { createHash } from 'node:crypto';
import {
  createAlias,
  deleteAlias,
  moveAlias,
} from '../../../src/external-keys/lifecycle/aliases.js';
import { createKey } from '../../../src/external-keys/lifecycle/create-key.js';
import { deleteImportedMaterial } from '../../../src/external-keys/lifecycle/delete-material.js';
import { importMaterial } from '../../../src/external-keys/lifecycle/import-material.js';
import { importParameters } from '../../../src/external-keys/lifecycle/import-parameters.js';
import {
  cancelRetirement,
  retireVersion,
} from '../../../src/external-keys/lifecycle/retire-version.js';
import { rotateKey } from '../../../src/external-keys/lifecycle/rotate-key.js';
import {
  cancelDeletion,
  scheduleDeletion,
} from '../../../src/external-keys/lifecycle/schedule-deletion.js';
import { disableKey, enableKey } from '../../../src/external-keys/lifecycle/set-key-enabled.js';
import {
  adoptKey,
  scheduleRotation,
  updateKey,
} from '../../../src/external-keys/lifecycle/update-key.js';
import type { KeyRecord } from '../../../src/external-keys/record.js';
import { WAITING_DAYS } from '../../../src/external-keys/record.js';
import { DAY_MS } from '../scheduled-replica.js';
import { wrap } from '../wrapping-pair.js';
import type { LifeModel, Outcome, Token } from './life-model.js';
import { KEY_STORE, type LifeReplica } from './life-replica.js';
import type { LifeAct, LifeStep } from './life-step.js';
import type { LifeWorld } from './life-world.js';

/** The names of keys and aliases: two of them differ by case alone. */
export const NAMES = ['a', 'b', 'c', 'd', 'A', 'x'] as const;

/** A life as an act of it sees it. */
export interface Scene {
  readonly world: LifeWorld;
  readonly model: LifeModel;
  readonly replica: LifeReplica;
}

const BOTH = new Set(['ENCRYPT', 'DECRYPT'] as const);
const MATERIALS = 4;

/** Something that is asked of a replica, and how its outcome is noted. */
export interface Asked {
  readonly ask: () => Promise<unknown>;
  readonly note?: (outcome: Outcome) => void;
}

/** An act that an operator asks a replica for. */
type OperatorAct = (scene: Scene, step: LifeStep) => Asked;

/** The acts that operators ask for. */
export const OPERATOR_ACTS: Readonly<Partial<Record<LifeAct, OperatorAct>>> = {
  create: ({ model, replica }, { name, flag }) => {
    const origin = flag ? 'external' : 'generated';
    const externalKeyId = nameOf(name);
    return {
      ask: () => createKey(replica.lifecycle, { externalKeyId, usage: BOTH, origin }, 'ann'),
      note: (outcome) => {
        model.leads(externalKeyId, flag ? 'PendingImport' : 'Enabled', outcome);
      },
    };
  },
  rotate: ({ replica }, { name }) => ({
    ask: () => rotateKey(replica.lifecycle, nameOf(name), 'ann'),
  }),
  'schedule-rotation': ({ replica }, { name, flag }) => ({
    ask: () =>
      scheduleRotation(
        replica.lifecycle,
        nameOf(name),
        flag ? { kind: 'days', days: 90 } : undefined,
      ),
  }),
  enable: ({ model, replica }, { name }) => ({
    ask: () => enableKey(replica.lifecycle, nameOf(name), 'ann'),
    note: (outcome) => {
      model.leads(nameOf(name), 'Enabled', outcome);
    },
  }),
  disable: ({ model, replica }, { name }) => ({
    ask: () => disableKey(replica.lifecycle, nameOf(name), 'ann'),
    note: (outcome) => {
      model.leads(nameOf(name), 'Disabled', outcome);
    },
  }),
  adopt: ({ replica }, { name }) => ({
    ask: () => adoptKey(replica.lifecycle, nameOf(name), 'ann'),
  }),
  update: ({ replica }, { name, number }) => ({
    ask: () => updateKey(replica.lifecycle, nameOf(name), { description: String(number) }),
  }),
  'schedule-deletion': ({ model, replica, world }, { name, number }) => {
    const days = WAITING_DAYS.min + number;
    return {
      ask: () => scheduleDeletion(replica.lifecycle, nameOf(name), days, 'ann'),
      note: (outcome) => {
        model.schedulesDeletion(nameOf(name), world.ranMs, days, outcome);
      },
    };
  },
  'cancel-deletion': ({ model, replica }, { name }) => ({
    ask: () => cancelDeletion(replica.lifecycle, nameOf(name)),
    note: (outcome) => {
      model.cancelsDeletion(nameOf(name), outcome);
    },
  }),
  'retire-version': ({ model, replica, world }, { name, number }) => {
    const [version, days] = [versionOf(number), WAITING_DAYS.min + number];
    const use = { completeSinceMs: 0, gaps: [], lastUsedMs: undefined };
    const wanted = { version, days, unusedDays: 90, use, namesMaterial: true };
    return {
      ask: () => retireVersion(replica.lifecycle, nameOf(name), wanted, 'ann'),
      note: (outcome) => {
        model.retires(nameOf(name), version, world.ranMs + days * DAY_MS, outcome);
      },
    };
  },
  'cancel-retirement': ({ model, replica }, { name, number }) => {
    const version = versionOf(number);
    return {
      ask: () => cancelRetirement(replica.lifecycle, nameOf(name), version),
      note: (outcome) => {
        model.cancelsRetirement(nameOf(name), version, outcome);
      },
    };
  },
  parameters: (scene, { name }) => ({ ask: () => newToken(scene, nameOf(name)) }),
  import: (scene, step) => {
    const own = scene.model.tokens.filter(
      ({ externalKeyId }) => externalKeyId === nameOf(step.name),
    );
    const tokens = step.other === 0 ? scene.model.tokens : own;
    return bringing(scene, step, () => Promise.resolve(tokens[step.number % tokens.length]));
  },
  bring: (scene, step) => bringing(scene, step, () => newToken(scene, nameOf(step.name))),
  'delete-material': ({ model, replica }, { name }) => ({
    ask: () => deleteImportedMaterial(replica.lifecycle, nameOf(name), 'ann'),
    note: (outcome) => {
      model.deletesMaterial(nameOf(name), outcome);
    },
  }),
  'create-alias': ({ replica }, { name, other }) => {
    const wanted = { alias: aliasOf(name), target: nameOf(other) };
    return { ask: () => createAlias(replica.lifecycle, KEY_STORE, wanted, 'ann') };
  },
  'move-alias': ({ replica }, { name, other }) => {
    const wanted = { alias: aliasOf(name), target: nameOf(other) };
    return { ask: () => moveAlias(replica.lifecycle, KEY_STORE, wanted, 'ann') };
  },
  'delete-alias': ({ replica }, { name }) => ({
    ask: () => deleteAlias(replica.lifecycle, aliasOf(name)),
  }),
};

/** The name that a step chooses. */
export function nameOf(index: number): string {
  return NAMES[index % NAMES.length] ?? NAMES[0];
}

/** The version that a step chooses: mostly an old one. */
function versionOf(number: number): number {
  return number < 6 ? 1 : 1 + (number % 3);
}

/** The name of an alias: mostly one that no key has. */
export function aliasOf(index: number): string {
  return nameOf(index < 2 ? NAMES.indexOf('x') : index);
}

async function newToken({ model, replica, world }: Scene, externalKeyId: string): Promise<Token> {
  const { importWay } = world.keyManager;
  const made = await importParameters(replica.lifecycle, externalKeyId, importWay, 'ann');
  const token = { externalKeyId, ...made };
  model.tokens.push(token);
  return token;
}

/** Offers material: mostly that which the version had before, where it had any. */
function bringing(
  { model, replica, world }: Scene,
  { name, number, other, flag }: LifeStep,
  tokenOf: () => Promise<Token | undefined>,
): Asked {
  const externalKeyId = nameOf(name);
  const version = number % 2 === 0 ? undefined : 1 + (number % 3);
  const before = flag ? undefined : model.materialOf(externalKeyId, version ?? 1);
  const isOther = other === 1;
  const material = isOther ? number : (before ?? number);
  const days = number % 3 === 0 ? 1 + number : undefined;
  const endsAt = days === undefined ? undefined : replica.clock.now() + days * DAY_MS;
  let after: KeyRecord | undefined;
  return {
    ask: async () => {
      const token = await tokenOf();
      if (token === undefined) return;
      const wrapped = wrap(world.keyManager.importWay, token.publicKey, materialBytes(material));
      const offered = {
        ...{ wrapped, importToken: token.importToken, newVersion: flag },
        ...(version !== undefined && { version }),
        ...(endsAt !== undefined && { expiresAt: new Date(endsAt) }),
      };
      const done = await importMaterial(replica.lifecycle, externalKeyId, offered, 'ann');
      after = done.value;
    },
    note: (outcome) => {
      if (outcome === 'done' && after === undefined) return;
      model.imports(externalKeyId, { material, endsAt, version: version ?? 1 }, outcome, after);
    },
  };
}

function materialBytes(index: number): Buffer {
  return createHash('sha256')
    .update(`material ${index % MATERIALS}`)
    .digest();
}
