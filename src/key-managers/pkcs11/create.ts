import { fileURLToPath } from 'node:url';
import { type AtomicWrite, writeFileAtomically } from '../../durable/atomic-write.js';
import { KeyManagerError } from '../backend.js';
import type { CountingLimits } from '../counting/counting-limits.js';
import { IvSource } from '../counting/iv-source.js';
import { administrationOf } from './administration.js';
import { KeyNaming } from './key-naming.js';
import { limitsFor } from './counted-material.js';
import type { Pkcs11KeyManagerConfig, Pkcs11NodeConfig } from './config.js';
import { EncryptionCounts } from './encryption-counts.js';
import { Pkcs11Node } from './pkcs11-node.js';
import { ChildFailure } from './pool/child-failure.js';
import type { BackendPorts, BackendStart, StartedBackend } from '../definition.js';
import { choosesIv, PROFILES } from './vendor-profiles.js';
import { Pkcs11Token } from './pkcs11-token.js';
import { TokenCipher } from './token-cipher.js';
import type { OpenRequest } from './wire/messages.js';

/**
 * Environment variables that libraries and their loaders need. No others are passed on, because
 * they may hold secrets.
 */
const PASSED_ON = ['PATH', 'HOME', 'TMPDIR', 'TZ', 'LD_LIBRARY_PATH'];

/** Failures that end the node and leave Holdfast running, and the key manager that is replaced. */
const NODE_STOPS: ReadonlySet<ChildFailure['effect']> = new Set(['pin-refused', 'unsafe-iv']);

/** The started tokens, one node each, in configured order. */
export interface Pkcs11KeyManager extends StartedBackend {
  /** Process ids of the children that serve, for tests. */
  childPids(): number[];
}

/** Options of a start, with fields that only tests set. */
export interface Pkcs11Start extends BackendStart {
  /** Path of another build of the child's program, for tests that run the sources. */
  readonly childProgram?: string;
  /** Other limits than the share of this replica, for tests. */
  readonly limits?: CountingLimits;
  /** Another way to replace a file, for tests of disks that fail. */
  readonly writeFile?: AtomicWrite;
}

/**
 * Opens the tokens and keeps them open until their nodes are closed. Holdfast starts even if a
 * token cannot be reached or refuses the PIN: the node is UNAVAILABLE, and recovers by itself
 * unless the PIN is wrong. (A supervisor would repeat a failed start, and each start would use up
 * one try of the PIN.)
 *
 * @throws KeyManagerError `misconfigured` for a library that cannot be loaded, a token without
 *   the health-test key and, where it is to replace a running one, a PIN that is refused;
 *   PermissionsTooWideError and FolderInUseError for the counters
 */
export async function createPkcs11KeyManager(
  config: Pkcs11KeyManagerConfig,
  ports: BackendPorts,
  start: Pkcs11Start = {},
): Promise<Pkcs11KeyManager> {
  const profile = PROFILES[config.profile];
  if (profile.verifiedOn === undefined) {
    ports.log.warn({ profile: config.profile }, 'this vendor profile is unverified');
  }
  const counts = choosesIv(profile)
    ? (sharedCounts(config, start) ?? (await openCounts(config, ports, start)))
    : undefined;
  const ivs = new IvSource(ports.randomBytes);
  const cipher = new TokenCipher(profile, ivs, counts);
  const tokens = config.nodes.map((node) =>
    tokenOf(config, node, { ports, start, cipher, counts }),
  );
  const started = await Promise.allSettled(tokens.map((token) => token.start()));
  for (const result of started) {
    if (result.status === 'fulfilled' || !needsOperator(result.reason, start)) continue;
    await Promise.all(tokens.map((token) => token.close()));
    throw result.reason;
  }
  const { isVersioned } = new KeyNaming({ label: config.keyLabel, id: config.keyId });
  return {
    nodes: tokens.map((token) => new Pkcs11Node(token)),
    administration: administrationOf(tokens, counts, ports.clock, isVersioned),
    childPids: () => tokens.flatMap((token) => token.childPids),
  };
}

/** Parts that the tokens of one key manager share. */
interface Shared {
  readonly ports: BackendPorts;
  readonly start: Pkcs11Start;
  readonly cipher: TokenCipher;
  readonly counts: EncryptionCounts | undefined;
}

function tokenOf(
  config: Pkcs11KeyManagerConfig,
  node: Pkcs11NodeConfig,
  { ports, start, cipher, counts }: Shared,
): Pkcs11Token {
  return new Pkcs11Token({
    name: node.name,
    location: node.location,
    ports,
    profile: PROFILES[config.profile],
    cipher,
    counts,
    openRequest: () => openRequestOf(config, node),
    // Made in each of several tokens, the health-test key would not be one key.
    init: config.nodes.length === 1 && start.init === true,
    children: config.children,
    childProgram: start.childProgram ?? fileURLToPath(new URL('./child/main.js', import.meta.url)),
    environment: environmentOf(config),
    stallMs: config.hangTimeoutMs,
  });
}

/** Tells whether only an operator can remove the cause, and nothing is lost meanwhile. */
function needsOperator(error: unknown, { predecessors }: Pkcs11Start): boolean {
  if (!(error instanceof KeyManagerError)) return true;
  const isRunning = predecessors !== undefined;
  if (error instanceof ChildFailure && NODE_STOPS.has(error.effect)) return isRunning;
  return error.code === 'misconfigured';
}

/** Two counts of one folder would hand out the same encryptions twice. */
function sharedCounts(
  { nodes }: Pkcs11KeyManagerConfig,
  { predecessors = [] }: Pkcs11Start,
): EncryptionCounts | undefined {
  const before = predecessors.find((node) => node instanceof Pkcs11Node);
  return before?.counts?.sharedBy(nodes.length);
}

async function openCounts(
  config: Pkcs11KeyManagerConfig,
  ports: BackendPorts,
  start: Pkcs11Start,
): Promise<EncryptionCounts | undefined> {
  const { name: keyManager, countersDirectory: directory, replicas, priorEncryptions } = config;
  const { limits = limitsFor(replicas, priorEncryptions), writeFile = writeFileAtomically } = start;
  const countingPorts = { keyManager, folder: { directory, writeFile }, ports, limits, replicas };
  const shareOf = (parts: number) =>
    start.limits === undefined
      ? limitsFor(parts, priorEncryptions).perVersion
      : Math.floor((start.limits.perVersion * replicas) / parts);
  const users = config.nodes.length;
  if (start.readOnly !== true) return EncryptionCounts.open({ ...countingPorts, shareOf }, users);
  const folder = { directory, writeFile: refuseToWrite };
  return EncryptionCounts.openToRead({ ...countingPorts, folder, shareOf }, users);
}

function refuseToWrite(): Promise<never> {
  return Promise.reject(
    new KeyManagerError('unsupported', 'the counters are open for reading only'),
  );
}

function openRequestOf(
  { module, libraryParameters, profile, keyLabel, keyId }: Pkcs11KeyManagerConfig,
  { token, pin }: Pkcs11NodeConfig,
): OpenRequest {
  const keyNames = { label: keyLabel, id: keyId };
  return { module, libraryParameters, token, pin: pin.reveal(), profile, keyNames };
}

function environmentOf({ environment }: Pkcs11KeyManagerConfig): Record<string, string> {
  const passedOn = PASSED_ON.flatMap((name) => {
    const value = process.env[name];
    return value === undefined ? [] : [[name, value] as const];
  });
  const configured = environment.map(({ name, value }) => [name, value] as const);
  return Object.fromEntries([...passedOn, ...configured]);
}
