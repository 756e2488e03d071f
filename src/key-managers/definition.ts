import type { z } from 'zod';
import type { Clock } from '../shared/clock.js';
import type { OperatorLog } from '../shared/operator-log.js';
import type { RandomBytes } from '../shared/randomness.js';
import type { State } from '../state/state.js';
import type { KeyAdministration, KeyManagerNode } from './backend.js';
import type { Capabilities } from './capabilities.js';

/** The parts that every backend is handed. */
export interface BackendPorts {
  readonly clock: Clock;
  /** Cryptographically strong: keys, names and IVs are made of it. */
  readonly randomBytes: RandomBytes;
  readonly log: OperatorLog;
  /** Absent where none is open, as for a diagnosis. */
  readonly state?: State;
  /**
   * Tells whether a key may be given a version that nobody asked for, as one that is not disabled,
   * and not pending deletion. Absent where there are no records of keys.
   */
  readonly mayRenew?: (externalKeyId: string) => boolean;
}

/** Choices of a start that are no matter of the configuration. */
export interface BackendStart {
  /** True if an empty key folder, or a token without a health-test key, may be initialised. */
  readonly init?: boolean;
  /** True if keys, counters and files must not be changed, as for a diagnosis. */
  readonly readOnly?: boolean;
  /**
   * The nodes of the running key manager whose place this one is to take, if it may
   * (`keptWhileRunning`). What that one has to itself is shared with it, until its nodes are
   * closed.
   */
  readonly predecessors?: readonly KeyManagerNode[];
}

/** A backend at work; closing its nodes ends it. */
export interface StartedBackend {
  readonly nodes: readonly KeyManagerNode[];
  readonly administration: KeyAdministration;
}

/** A folder that a backend writes to. Nobody but its owner may open it. */
export interface BackendFolder {
  /** The field of the backend's configuration that names it. */
  readonly field: string;
  /**
   * Present where keys are in it: then the folder is one key manager's alone, a first start is told
   * by it, and its files must be closed to others like the folder itself.
   */
  readonly keys?: {
    /** Folders inside it, whose files must be closed to others, too. */
    readonly subfolders: readonly string[];
    /** Tells whether there is any key in the folder, damaged ones too. */
    readonly areIn: (path: string) => Promise<boolean>;
  };
}

/** The kinds of files that a configuration names. */
export type FileUse = 'certificates' | 'private-key' | 'text' | 'program';

/** A file that a backend reads, which nothing looks at when the configuration is loaded. */
export interface BackendFile {
  /** The field of the backend's configuration that names it, with `*` for every entry of a list. */
  readonly field: readonly string[];
  readonly use: FileUse;
}

/** A fault that the words of its failure give away, and the advice of a diagnosis. */
export type KnownCause = readonly [words: RegExp, advice: string];

/** One node of a key manager, which can be started by itself. */
export interface ConfiguredNode<Config> {
  readonly name: string;
  /** Absent where it is known to the node alone. */
  readonly location?: string;
  /** The key manager with this node alone. */
  readonly config: Config;
}

/** The part of a backend's definition that is the same for all its key managers. */
export interface BackendFacts {
  readonly folders: readonly BackendFolder[];
  readonly files: readonly BackendFile[];
  readonly knownCauses: readonly KnownCause[];
  /** The acts on keys that its key managers can do at best; theirs may be fewer. */
  readonly capabilities: Capabilities;
  /**
   * The part of its key managers that is in the state store: their `keys`, without which there is
   * nothing to look at; or, where replicas share the store, `counts` of encryptions, or keys that
   * have moved there. Absent where nothing is.
   */
  readonly inState?: 'keys' | 'counts';
  /** True where nobody but Holdfast can have the keys. */
  readonly ownsKeys: boolean;
  /**
   * The fields that stay as they are as long as a key manager runs, because of what it has to
   * itself. Where only others change, another one is started beside it, and shares that with it
   * (`BackendStart.predecessors`). Absent where no second one can be started beside it.
   */
  readonly keptWhileRunning?: readonly string[];
}

/** All that the rest of the program knows of a backend. */
export interface BackendDefinition<Config> extends BackendFacts {
  /** Of its entries of `keyManagers`. */
  readonly schema: z.ZodType<Config>;
  /** Finds program files that are named in a field that is not for files. */
  moreFiles?(config: Config): readonly { field: readonly string[]; file: string }[];
  /** Lists the nodes; what a module has for nodes is known to the module alone. */
  nodes(config: Config): readonly ConfiguredNode<Config>[];
  /**
   * Names the places that a running key manager has to itself: another one in the same place would
   * be in its way, so it is not started while the first one runs. Empty where any number may run.
   */
  places(config: Config): readonly string[];
  /** The most file descriptors that it has open at once. */
  descriptors(config: Config): number;
  /** @throws whatever the backend says is wrong */
  start(config: Config, ports: BackendPorts, start: BackendStart): Promise<StartedBackend>;
}
