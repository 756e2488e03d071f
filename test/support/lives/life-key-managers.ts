import type { ImportWay } from '../../../src/key-managers/backend.js';
import type { Capabilities } from '../../../src/key-managers/capabilities.js';
import type { KeyManager } from '../../../src/key-managers/key-manager.js';
import type { StateCopy } from '../../../src/state/copy/state-copy.js';
import { ALL_CAPABILITIES } from '../lifecycle.js';
import { LivingKeys } from '../living-keys.js';
import { OAEP_2048 } from '../wrapping-pair.js';
import type { Mortal } from './mortal.js';

/** The parts of a process that its key manager is started with. */
export interface StartingProcess {
  readonly mortal: Mortal;
  readonly state: StateCopy;
  readonly mayRenew: (externalKeyId: string) => boolean;
}

/** The key manager of one life, which every process of it starts anew. */
export interface LifeKeyManager {
  /** Its name in the configuration. */
  readonly name: string;
  readonly capabilities: Capabilities;
  /** True where nobody but Holdfast can have the keys. */
  readonly ownsKeys: boolean;
  /** A way in which it unwraps material. */
  readonly importWay: ImportWay;
  /**
   * True where calls take their time: replicas follow the state by themselves then, and leases of
   * processes that have died end at once, because nobody waits in a test.
   */
  readonly isReal: boolean;
  /** Processes that may run at once. */
  readonly replicas: 1 | 2;
  /** Starts it as one process does; what it writes by itself may go through the life of that. */
  start(process: StartingProcess): Promise<KeyManager>;
  /** Makes a key behind the back of Holdfast; absent where nobody else can. */
  makeElsewhere?(externalKeyId: string): void | Promise<void>;
}

/** The ways in which key managers differ: what one of them can do, and another cannot. */
export const LIVING_KINDS = {
  'can do everything': {},
  'encrypts with the newest version, whether it waits or not': { canWait: false },
  'destroys the oldest version alone': { oldestFirst: true },
  'cannot disable keys': { canDisable: false },
} as const satisfies Readonly<Record<string, LivingKind>>;

/** The limits of a key manager in memory. */
interface LivingKind {
  readonly canWait?: boolean;
  readonly oldestFirst?: boolean;
  readonly canDisable?: boolean;
}

/** A key manager in memory, which the replicas share. */
export function livingKeysOfALife(kind: keyof typeof LIVING_KINDS): LifeKeyManager {
  const keys = new LivingKeys();
  const { canDisable = true, ...more }: LivingKind = LIVING_KINDS[kind];
  Object.assign(keys, more);
  if (!canDisable) Object.assign(keys.administration, { setKeyEnabled: undefined });
  const capabilities: Capabilities = {
    ...ALL_CAPABILITIES,
    ...(keys.oldestFirst && {
      'destroy-version': { can: true, oldestFirst: true },
      'import-again': { can: false, instead: '' },
    }),
  };
  return {
    name: keys.name,
    capabilities,
    ownsKeys: false,
    importWay: OAEP_2048,
    isReal: false,
    replicas: 2,
    start: () => Promise.resolve(keys),
    makeElsewhere: (externalKeyId) => {
      keys.makeElsewhere(externalKeyId);
    },
  };
}
