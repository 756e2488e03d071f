import type { Difference } from '../../configuration/changes/differences.js';
import { isSame } from '../../configuration/changes/is-same.js';
import type { LoadedConfiguration } from '../../configuration/configuration-file.js';
import { backendOf, type KeyManagerConfig } from '../../key-managers/backends.js';
import type { AwaitedChange } from './awaited-restarts.js';

/** The part of a reload's plan that is about key managers. */
export interface KeyManagerPlan {
  /** The names of those that go on as they are. */
  readonly kept: ReadonlySet<string>;
  /** Those to be started: new ones, and those that take the place of one of their name. */
  readonly started: readonly KeyManagerConfig[];
  /** True where all that go on get other limits. */
  readonly hasOtherLimits: boolean;
  readonly refusals: readonly string[];
  readonly waitsForRestart: readonly AwaitedChange[];
}

/** Finds out which key managers go on, and which have to be started. */
export function planKeyManagers(
  { configuration: before }: LoadedConfiguration,
  { configuration: after }: LoadedConfiguration,
  differences: readonly Difference[],
): KeyManagerPlan {
  const kept = new Set<string>();
  const started: KeyManagerConfig[] = [];
  const refusals: string[] = [];
  const waitsForRestart: AwaitedChange[] = [];
  for (const config of after.keyManagers) {
    const { name } = config;
    const running = before.keyManagers.find((each) => each.name === name);
    const own = differences.filter(({ path }) => path.startsWith(`keyManagers[${name}]`));
    if (running !== undefined && isSame(running, config) && own.length === 0) {
      kept.add(name);
      continue;
    }
    const reason = refusalOf(config, running, before.keyManagers);
    if (reason === undefined) started.push(config);
    else if (running !== undefined && own.every(({ isInFile }) => isInFile)) {
      kept.add(name);
      waitsForRestart.push(...own.map(({ path }) => waiting(name, path)));
    } else refusals.push(reason);
  }
  const hasOtherLimits = !isSame(before.keyManagerLimits, after.keyManagerLimits);
  return { kept, started, hasOtherLimits, refusals, waitsForRestart };
}

/** The reason why a key manager cannot be started beside those that run; undefined if it can. */
function refusalOf(
  config: KeyManagerConfig,
  running: KeyManagerConfig | undefined,
  all: readonly KeyManagerConfig[],
): string | undefined {
  const path = `keyManagers[${config.name}]`;
  if (running !== undefined && running.type !== config.type) {
    return (
      `${path}.type cannot be changed while it runs: a key manager of another type has other ` +
      'keys, and takes a name of its own; or restart Holdfast'
    );
  }
  const kept = keptFieldsOf(config);
  const changed = kept?.find((field) => !isSame(fieldOf(running, field), fieldOf(config, field)));
  if (running !== undefined && changed !== undefined) {
    return (
      `${path}.${changed} cannot be changed while it runs: what has been counted there is in ` +
      'memory. Restart Holdfast for that'
    );
  }
  const others = kept === undefined ? all : all.filter((each) => each !== running);
  const conflict = conflictOf(config, others);
  return conflict && conflicting(config, conflict);
}

function keptFieldsOf(config: KeyManagerConfig): readonly string[] | undefined {
  return backendOf(config).keptWhileRunning;
}

function fieldOf(config: KeyManagerConfig | undefined, field: string): unknown {
  return Object.entries(config ?? {}).find(([name]) => name === field)?.[1];
}

/** A place that a running key manager has to itself. */
interface Conflict {
  readonly place: string;
  readonly holder: string;
}

/** Every running one holds its place until the last request has left it, also one to be removed. */
function conflictOf(
  config: KeyManagerConfig,
  running: readonly KeyManagerConfig[],
): Conflict | undefined {
  const places = new Set(placesOf(config));
  for (const each of running) {
    const own = placesOf(each);
    const place = own.find((one) => places.has(one));
    if (place === undefined) continue;
    // Its own is the first: where keys may have moved, it has the place that they move to as well.
    return { place: each.name === config.name ? (own[0] ?? place) : place, holder: each.name };
  }
  return undefined;
}

function placesOf(config: KeyManagerConfig): readonly string[] {
  return backendOf(config).places(config);
}

function conflicting({ name }: KeyManagerConfig, { place, holder }: Conflict): string {
  const path = `keyManagers[${name}]`;
  if (holder !== name) {
    return (
      `${path} cannot be started: ${place} is in use by the key manager ${holder} until its last ` +
      'request has ended. Remove that one first, with a reload of its own'
    );
  }
  return (
    `${path} cannot be changed while it runs: it has ${place} to itself, and a second one cannot ` +
    'be started beside it. Restart Holdfast for that'
  );
}

function waiting(name: string, path: string): AwaitedChange {
  const sentence =
    `what ${path} refers to has another content, which the key manager ${name} takes with a ` +
    'restart';
  return { path, sentence };
}
