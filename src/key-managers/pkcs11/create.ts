import { fileURLToPath } from 'node:url';
import { type AtomicWrite, writeFileAtomically } from '../../durable/atomic-write.js';
import { type KeyAdministration, KeyManagerError, type KeyManagerNode } from '../backend.js';
import { IvSource } from '../counting/iv-source.js';
import { Pkcs11Administration } from './administration.js';
import { type CountingLimits, limitsFor } from './counted-material.js';
import type { Pkcs11KeyManagerConfig } from './config.js';
import { EncryptionCounts } from './encryption-counts.js';
import { Pkcs11Node } from './pkcs11-node.js';
import { ChildFailure } from './pool/child-failure.js';
import type { Pkcs11Ports } from './ports.js';
import { PROFILES } from './profiles/index.js';
import { choosesIv } from './profiles/profile.js';
import { TokenAtWork } from './token-at-work.js';
import { TokenCipher } from './token-cipher.js';
import type { OpenRequest } from './wire/messages.js';

/** What libraries and their loaders commonly need. The rest of our environment holds secrets. */
const PASSED_ON = ['PATH', 'HOME', 'TMPDIR', 'TZ', 'LD_LIBRARY_PATH'];

/** What ends the node and leaves Holdfast running. */
const NODE_STOPS: ReadonlySet<ChildFailure['effect']> = new Set(['pin-refused', 'unsafe-iv']);

/** A token at work. `node.close()` ends its processes. */
export interface Pkcs11KeyManager {
  readonly node: KeyManagerNode;
  readonly administration: Required<KeyAdministration>;
  /** Process ids of the children that serve, for `doctor` and tests. */
  childPids(): number[];
}

/** How to start, where that is not a matter of the configuration. */
export interface Pkcs11Start {
  /** Whether a token without a health-test key may be given one. */
  readonly init?: boolean;
  /** Path of another build of the child's program, for tests that run the sources. */
  readonly childProgram?: string;
  /** Other limits than the share of this replica, for tests. */
  readonly limits?: CountingLimits;
  /** Another way to replace a file, for tests of disks that fail. */
  readonly writeFile?: AtomicWrite;
}

/**
 * Opens a token and keeps it until `node.close()`. A token that cannot be reached, or that refuses
 * the PIN, does not keep Holdfast from starting: the node is UNAVAILABLE then, and comes back by
 * itself unless the PIN is wrong. (A start that fails is repeated by supervisors, and each time
 * would be a try with the wrong PIN.)
 *
 * @throws KeyManagerError `misconfigured` for a library that cannot be loaded and a token without
 *   the health-test key; NotPrivateError and FolderInUseError for the counters
 */
export async function createPkcs11KeyManagerNode(
  config: Pkcs11KeyManagerConfig,
  ports: Pkcs11Ports,
  start: Pkcs11Start = {},
): Promise<Pkcs11KeyManager> {
  const profile = PROFILES[config.profile];
  const counts = choosesIv(profile) ? await openCounts(config, ports, start) : undefined;
  const token = new TokenAtWork({
    ports,
    profile,
    counts,
    cipher: new TokenCipher(profile, new IvSource(ports.randomBytes), counts),
    openRequest: () => openRequestOf(config),
    init: start.init ?? false,
    children: config.children,
    childProgram: start.childProgram ?? fileURLToPath(new URL('./child/main.js', import.meta.url)),
    environment: environmentOf(config),
    stallMs: config.hangTimeoutMs,
  });
  try {
    await token.start();
  } catch (error) {
    if (isForAPerson(error)) {
      await token.close();
      throw error;
    }
  }
  if (profile.verifiedOn === undefined) {
    const { name } = config;
    ports.log.warn({ profile: config.profile }, `${name}: this vendor profile is unverified`);
  }
  return {
    node: new Pkcs11Node(config, token),
    administration: new Pkcs11Administration(token, ports.clock),
    childPids: () => token.childPids,
  };
}

/** What no waiting mends. */
function isForAPerson(error: unknown): boolean {
  if (!(error instanceof KeyManagerError)) return true;
  if (error instanceof ChildFailure && NODE_STOPS.has(error.effect)) return false;
  return error.code === 'misconfigured';
}

function openCounts(
  { countersDirectory, replicas, priorEncryptions }: Pkcs11KeyManagerConfig,
  ports: Pkcs11Ports,
  { limits = limitsFor(replicas, priorEncryptions), writeFile = writeFileAtomically }: Pkcs11Start,
): Promise<EncryptionCounts> {
  return EncryptionCounts.open({ directory: countersDirectory, ports, limits, writeFile });
}

function openRequestOf(config: Pkcs11KeyManagerConfig): OpenRequest {
  const { module, libraryParameters, token, pin, profile, keyLabel, keyId } = config;
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
