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
import type { KeyReply, OpenRequest, TokenReply } from './wire/messages.js';

const OPEN_BUDGET_MS = 15_000;
const WITNESS_TRIES = 3;

/** Settings and services of one token. */
export interface TokenConfig {
  /** Name of the node. */
  readonly name: string;
  readonly location: string;
  readonly ports: BackendPorts;
  readonly profile: VendorProfile;
  readonly cipher: TokenCipher;
  readonly counts: EncryptionCounts | undefined;
  /** Made at every login, so that the PIN is not kept. */
  readonly openRequest: () => OpenRequest;
  /** Whether a token without a health-test key may be given one. */
  readonly init: boolean;
  readonly children: number;
  readonly childProgram: string;
  readonly environment: Readonly<Record<string, string>>;
  /** How long a native call may take before its child counts as hung. */
  readonly stallMs: number;
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
  /** Until it has served once: a token that loses its keys later on is left as it is. */
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

  /** The token's description of itself; absent until it has been reached. */
  get report(): TokenReply | undefined {
    return this.#report;
  }

  /** Problems of the pool, the counters and the keys, a sentence each. */
  get problems(): string[] {
    return [this.#pool.problem, this.counts?.problem, this.#exhaustion].filter(
      (problem) => problem !== undefined,
    );
  }

  /** Keys that cannot encrypt any more; not those that have moved to a new version. */
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

  /** @throws KeyManagerError what is wrong with the first child; others are tried all the same */
  start(): Promise<void> {
    return this.#pool.start();
  }

  async close(): Promise<void> {
    await this.#pool.close();
    await this.counts?.close();
  }

  /**
   * Makes a key. Where the library may be blind to what another process makes at the same time, a
   * process that has never looked at the token before sees whether it is the only one of its name;
   * if it is not, it is removed again.
   *
   * @throws KeyManagerError `conflict`, and others
   */
  async createKey(
    externalKeyId: string,
    usage: ReadonlySet<KeyUsage>,
    deadline: Deadline,
  ): Promise<KeyReply> {
    const created = await this.client.create(externalKeyId, usage, deadline);
    if (this.profile.seesOthers) return created;
    const witness = this.#startChild();
    try {
      const client = new TokenClient(witness, this.#config.stallMs);
      await this.#openWitness(client, deadline);
      await assertAlone(client, created, deadline);
    } finally {
      await witness.close();
    }
    return created;
  }

  /**
   * Tokens dislike two logins at once, so another try follows; a PIN that is refused is not one of
   * those.
   */
  async #openWitness(client: TokenClient, deadline: Deadline): Promise<void> {
    for (let tries = 1; ; tries += 1) {
      try {
        await client.open(this.#config.openRequest(), deadline);
        return;
      } catch (error) {
        const isFinal = error instanceof ChildFailure && error.effect === 'pin-refused';
        if (isFinal || tries === WITNESS_TRIES) throw error;
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
 * @throws KeyManagerError `conflict` where another key of this name is there; this one is removed
 *   then
 */
async function assertAlone(
  client: TokenClient,
  { externalKeyId, versions: [version] }: KeyReply,
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
      `another process has made ${externalKeyId} at the same time; see whether it is there, ` +
        'and try again',
      { cause: error },
    );
  }
}
