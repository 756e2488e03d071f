import { FolderInUseError } from '../durable/folder-lock.js';
import { KeyManagerError } from '../key-managers/backend.js';
import { backendOf, type KeyManagerConfig } from '../key-managers/backends.js';
import type { ConfiguredNode } from '../key-managers/definition.js';
import { diagnose, type StartedNode } from '../key-managers/diagnosis/diagnose.js';
import { messageOf } from '../key-managers/diagnosis/explanations.js';
import type { NodeDiagnosis } from '../key-managers/diagnosis/finding.js';
import { knownCause } from '../key-managers/diagnosis/known-causes.js';
import type { DiagnosisTerms } from '../key-managers/diagnosis/node-checks.js';
import { createLogger, type Logger } from '../observability/logger.js';
import type { RandomBytes } from '../shared/randomness.js';
import type { Configuration } from '../configuration/schema.js';
import { StateCopy } from '../state/copy/state-copy.js';
import { readState } from './state.js';
import { throwAll } from './teardown.js';

/** The parts that a diagnosis is handed, and its terms. */
export interface DiagnosisPorts extends DiagnosisTerms {
  readonly randomBytes: RandomBytes;
  /** The configuration, for the state store of the keys that are there. */
  readonly configuration: Pick<Configuration, 'state' | 'stateDirectory'>;
}

/** The result of diagnosing a key manager. */
export interface KeyManagerDiagnosis {
  readonly nodes: readonly NodeDiagnosis[];
  /** The warnings and errors that a server would have logged meanwhile, each message once. */
  readonly logged: readonly string[];
}

/** One node as configured, or all that a module has. */
type Part = { readonly nodes: readonly StartedNode[] } | { readonly failure: NodeDiagnosis };

/**
 * Starts one key manager's nodes, each by itself, so that one which does not start keeps no other
 * from being looked at; examines them; and ends them. Keys, counters and files stay as they are.
 *
 * @throws AggregateError for nodes that cannot be closed
 */
export async function diagnoseKeyManager(
  config: KeyManagerConfig,
  ports: DiagnosisPorts,
): Promise<KeyManagerDiagnosis> {
  const logged = new Set<string>();
  const log = createLogger({ level: 'warn' }, { write: (line) => logged.add(messageIn(line)) });
  const parts: Part[] = [];
  const state = await stateFor(config, ports, log);
  try {
    for (const node of backendOf(config).nodes(config)) {
      parts.push(
        state instanceof Error
          ? { failure: withoutStart(node, state) }
          : await startPart(node, state, ports, log),
      );
    }
    const diagnoses = await diagnose(parts.flatMap(nodesOf), ports);
    return { nodes: parts.flatMap((part) => diagnosesOf(part, diagnoses)), logged: [...logged] };
  } finally {
    const closing = await Promise.allSettled(
      parts.flatMap(nodesOf).map(({ node }) => node.close()),
    );
    if (state instanceof StateCopy) await state.close();
    throwAll(closing.flatMap((it): unknown[] => (it.status === 'rejected' ? [it.reason] : [])));
  }
}

/**
 * Opens the state for a key manager whose keys may be there, or their counts.
 *
 * @returns undefined where it is not needed; the reason why it cannot be had, where it is
 */
async function stateFor(
  config: KeyManagerConfig,
  { configuration, clock, randomBytes }: DiagnosisPorts,
  log: Logger,
): Promise<StateCopy | Error | undefined> {
  const { inState } = backendOf(config);
  const isShared = configuration.state.type !== 'files';
  if (inState === undefined || (inState === 'counts' && !isShared)) return undefined;
  try {
    return await readState(configuration, { clock, randomBytes, log });
  } catch (error) {
    if (error instanceof Error && inState === 'keys') return error;
    log.warn({ err: error }, 'the state store cannot be opened, and is not looked at');
    return undefined;
  }
}

async function startPart(
  node: ConfiguredNode<KeyManagerConfig>,
  state: StateCopy | undefined,
  { clock, randomBytes }: DiagnosisPorts,
  log: Logger,
): Promise<Part> {
  try {
    const { config } = node;
    const ports = { clock, randomBytes, log, ...(state && { state }) };
    const start = { init: false, readOnly: true };
    const { nodes, administration } = await backendOf(config).start(config, ports, start);
    return { nodes: nodes.map((started) => ({ node: started, administration })) };
  } catch (error) {
    return { failure: withoutStart(node, error) };
  }
}

function nodesOf(part: Part): readonly StartedNode[] {
  return 'nodes' in part ? part.nodes : [];
}

function diagnosesOf(part: Part, diagnoses: readonly NodeDiagnosis[]): readonly NodeDiagnosis[] {
  if ('failure' in part) return [part.failure];
  const names = new Set(part.nodes.map(({ node }) => node.name));
  return diagnoses.filter(({ name }) => names.has(name));
}

function withoutStart(
  { name, location }: ConfiguredNode<KeyManagerConfig>,
  error: unknown,
): NodeDiagnosis {
  const isInUse = error instanceof FolderInUseError;
  return {
    name,
    location,
    status: isInUse ? 'UNKNOWN' : 'UNAVAILABLE',
    findings: [
      {
        check: 'start',
        outcome: 'failed',
        detail: messageOf(error),
        ...(error instanceof KeyManagerError ? { code: error.code } : {}),
        ...(isInUse ? FOLDER_IN_USE : NO_START),
        ...(isInUse ? {} : adviceFor(error)),
      },
    ],
  };
}

const FOLDER_IN_USE = {
  meaning: 'Nothing, most likely: another process has the folder, a running server, and serves.',
  advice:
    'No server answers on the admin socket of this configuration. Where one runs under another ' +
    'configuration, give that with --config; its metrics have the same checks, every 20 s, in the gauge ' +
    'holdfast_key_manager_node_state. Otherwise see which process has the lock: `fuser PATH`.',
};

/** Advises what to do, where the words of a failed start say what it is. */
function adviceFor(error: unknown): { readonly advice?: string } {
  const cause = knownCause(messageOf(error));
  return cause === undefined ? {} : { advice: cause.advice };
}

const NO_START = {
  meaning:
    'A server that is started with this does not come up, and serves none of its key stores.',
  advice: 'Put right what the message says, and run this again.',
};

function messageIn(line: string): string {
  const entry: unknown = JSON.parse(line);
  const isRecord = typeof entry === 'object' && entry !== null;
  return isRecord && 'msg' in entry && typeof entry.msg === 'string' ? entry.msg : line;
}
