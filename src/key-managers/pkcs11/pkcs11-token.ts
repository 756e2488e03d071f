import { Deadline } from '../../shared/deadline.js';
import { KeyManagerError, type KeyUsage } from '../backend.js';
import type { EncryptionCounts } from './encryption-counts.js';
import { KeyDirectory } from './key-directory.js';
import { ChildFailure } from './pool/child-failure.js';
import { ChildPool } from './pool/child-pool.js';
import { ChildProcess } from './pool/child-process.js';
import type { BackendPorts } from '../definition.js';
import type { VendorProfile } from './vendor-profiles.js';
import { selfTest } from './self-test.js';
import type { TokenCipher } from './token-cipher.js';
import { type RequestChannel, TokenClient } from './token-client.js';
import type {
  KeyReply,
  OpenRequest,
  RotateReply,
  TokenReply,
  VersionReply,
} from './wire/messages.js';

const OPEN_BUDGET_MS = 15_000;
const OPEN_TRIES = 3;

/** Settings and services of one token. */
export interface TokenConfig {
  /** Name of the node. */
  readonly name: string;
  readonly location: string;
  readonly ports: BackendPorts;
  readonly profile: VendorProfile;
  readonly cipher: TokenCipher;
  readonly counts: EncryptionCounts | undefined;
  /** Makes the request to open the token. It is made at every login, so that no PIN is kept. */
  readonly openRequest: () => OpenRequest;
  /** True when a missing health-test key may be created. */
  readonly init: boolean;
  readonly children: number;
  readonly childProgram: string;
  readonly environment: Readonly<Record<string, string>>;
  /** Time after which a native call counts as hung. */
  readonly stallMs: number;
}

/** A version that a child has just made. */
interface MadeVersion {
  readonly externalKeyId: string;
  readonly version: VersionReply | undefined;
}

/** A token with its child processes and the directory of its keys. */
export class Pkcs11Token {
  readonly name: string;
  readonly location: string;
  readonly profile: VendorProfile;
  readonly cipher: TokenCipher;
  readonly counts: EncryptionCounts | undefined;
  readonly client: TokenClient;
  readonly directory: KeyDirectory;
  readonly #config: TokenConfig;
  readonly #pool: ChildPool;
  #report: TokenReply | undefined;
  /** Cleared after the first success: a token that loses its keys later is left as it is. */
  #mayInit: boolean;

  constructor(config: TokenConfig) {
    const { ports, profile, cipher, counts, stallMs } = config;
    this.name = config.name;
    this.location = config.location;
    this.#config = config;
    this.#mayInit = config.init;
    this.profile = profile;
    this.cipher = cipher;
    this.counts = counts;
    this.#pool = new ChildPool({
      size: config.children,
      log: ports.log,
      start: () => this.#startChild(),
      open: (child) => this.#open(child),
    });
    this.client = new TokenClient(this.#pool, stallMs);
    this.directory = new KeyDirectory(
      this.client,
      ports.clock,
      (name) => counts?.isExhausted(name) === true,
    );
  }

  /** The token's description of itself; undefined until it has been reached. */
  get report(): TokenReply | undefined {
    return this.#report;
  }

  /** The problems of the pool, the counters and the keys, one sentence each. */
  get problems(): string[] {
    return [this.#pool.problem, this.counts?.problem, this.#exhaustion].filter(
      (problem) => problem !== undefined,
    );
  }

  /** Keys at their limit whose current version cannot encrypt any more. */
  get #exhaustion(): string | undefined {
    const stuck = (this.counts?.exhausted ?? []).filter(({ externalKeyId, version }) => {
      const current = this.directory.remembered(externalKeyId)?.description.current;
      return current === undefined || current.materialName.equals(version.materialName);
    });
    if (stuck.length === 0) return undefined;
    const ids = stuck.map(({ externalKeyId }) => externalKeyId).join(', ');
    return `keys at their limit of encryptions, which need a new version in the token: ${ids}`;
  }

  /** Process ids of the children that serve. */
  get childPids(): number[] {
    return [...this.#pool.ready].map(({ pid }) => pid).filter((pid) => pid !== undefined);
  }

  /** Starts the children. @throws KeyManagerError the failure of the first; others still start */
  start(): Promise<void> {
    return this.#pool.start();
  }

  async close(): Promise<void> {
    await this.#pool.close();
    await this.counts?.close();
  }

  /**
   * Creates a key. Some libraries do not see a key that another process creates at the same time.
   * There a fresh process checks that the key is the only one of its name, and removes it if not.
   *
   * @throws KeyManagerError `conflict`, and others
   */
  async createKey(
    externalKeyId: string,
    usage: ReadonlySet<KeyUsage>,
    deadline: Deadline,
  ): Promise<KeyReply> {
    const created = await this.client.create(externalKeyId, usage, deadline);
    await this.#assertAlone({ externalKeyId, version: created.versions[0] }, deadline);
    return created;
  }

  /**
   * Gives a key the version after `from`, unless it is there. It is checked as a created key is.
   *
   * @throws KeyManagerError `conflict`, and others
   */
  async rotateKey(externalKeyId: string, from: number, deadline: Deadline): Promise<RotateReply> {
    const rotated = await this.client.rotate(externalKeyId, from, deadline);
    const version = rotated.key.versions.find((each) => each.version === rotated.made);
    if (version !== undefined) await this.#assertAlone({ externalKeyId, version }, deadline);
    return rotated;
  }

  /**
   * Works in a process of its own: what takes long keeps no request waiting, and whatever the
   * library remembers is new.
   */
  async inFreshProcess<T>(
    deadline: Deadline,
    work: (client: TokenClient) => Promise<T>,
  ): Promise<T> {
    const child = this.#startChild();
    try {
      const client = new TokenClient(child, this.#config.stallMs);
      await this.#openFresh(client, deadline);
      return await work(client);
    } finally {
      await child.close();
    }
  }

  async #assertAlone(made: MadeVersion, deadline: Deadline): Promise<void> {
    if (this.profile.seesOthers) return;
    await this.inFreshProcess(deadline, (client) => assertAlone(client, made, deadline));
  }

  /** Opens the fresh process. Two logins at once may fail, so it tries again, but not the PIN. */
  async #openFresh(client: TokenClient, deadline: Deadline): Promise<void> {
    for (let tries = 1; ; tries += 1) {
      try {
        await client.open(this.#config.openRequest(), deadline);
        return;
      } catch (error) {
        const isFinal = error instanceof ChildFailure && error.effect === 'pin-refused';
        if (isFinal || tries === OPEN_TRIES) throw error;
      }
    }
  }

  #startChild(): ChildProcess {
    const { childProgram: program, environment, ports } = this.#config;
    return new ChildProcess({ program, environment, clock: ports.clock });
  }

  async #open(child: RequestChannel): Promise<void> {
    const { ports, openRequest, stallMs } = this.#config;
    const client = new TokenClient(child, stallMs);
    const deadline = Deadline.after(ports.clock, OPEN_BUDGET_MS);
    this.#report = await client.open(openRequest(), deadline);
    await selfTest(client, this.cipher, { init: this.#mayInit, deadline });
    this.#mayInit = false;
  }
}

/**
 * Checks that the created key is the only one of its name, and removes it if not.
 *
 * @throws KeyManagerError `conflict` where there is another
 */
async function assertAlone(
  client: TokenClient,
  { externalKeyId, version }: MadeVersion,
  deadline: Deadline,
): Promise<void> {
  try {
    await client.describe(externalKeyId, deadline);
  } catch (error) {
    const isNotAlone = error instanceof KeyManagerError && error.code === 'misconfigured';
    if (!isNotAlone || version === undefined) throw error;
    await client.discard({ externalKeyId, materialName: version.materialName }, deadline);
    throw new KeyManagerError(
      'conflict',
      `another process has created ${externalKeyId} at the same time; check whether it exists, ` +
        'and try again',
      { cause: error },
    );
  }
}
