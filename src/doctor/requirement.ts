import type { RecordedAnswer } from './client/answer.js';
import type { Endpoint } from './client/endpoint.js';
import type { ClientSettings, ProxyClient } from './client/proxy-client.js';
import type { Authorities } from './authorities/authorities.js';

/** External keys of the key store that checks may use. */
export interface SubjectKeys {
  /** Encrypts and decrypts. */
  readonly key?: string | undefined;
  /** Decrypts, and is another one than `key`. */
  readonly otherKey?: string | undefined;
  readonly encryptOnlyKey?: string | undefined;
  readonly decryptOnlyKey?: string | undefined;
  readonly disabledKey?: string | undefined;
}

/** The proxy under examination, and what the checks may do there. */
export interface Subject {
  readonly endpoint: Endpoint;
  readonly keys: SubjectKeys;
  /** True where no call may encrypt. */
  readonly isReadOnly: boolean;
  /** 32 bytes or more, which no other proxy has seen. */
  readonly plaintext: Buffer;
  /** Of the key store, with one kept connection. */
  readonly client: ProxyClient;
  /** All answers so far. */
  readonly record: readonly RecordedAnswer[];
  readonly authorities: Authorities;
  /** Calls of each operation of which the latency is told. */
  readonly samples: number;
  /** Makes another client, which the caller closes. */
  newClient(settings?: ClientSettings, endpoint?: Endpoint): ProxyClient;
}

/** The meaning of a failure, in a sentence or two for each field. */
export interface Explanation {
  /** The consequence in AWS KMS. */
  readonly meaning: string;
  /** The recommended change. */
  readonly advice: string;
}

/** One sentence of the specification that asks something of a proxy. */
export interface Requirement extends Explanation {
  /** Unique and stable: scripts may look for it. */
  readonly id: string;
  /** `OWN` is a promise of Holdfast beyond the specification; nobody else is measured by it. */
  readonly level: 'MUST' | 'SHOULD' | 'OWN';
  /** The demand, in our words. */
  readonly text: string;
  /** Ids of the requirements without which this one cannot be looked at. */
  readonly after?: string | readonly string[] | undefined;
  /**
   * Examines the proxy.
   *
   * @returns what there is to tell of a proxy that does what is asked
   * @throws Deviation, Remark, NotLookedAt; NoAnswer counts as a deviation
   */
  readonly check: (subject: Subject) => Promise<string | undefined>;
}

/** The requirements of one section. */
export interface Section {
  /** Its heading in the specification. */
  readonly title: string;
  readonly requirements: readonly Requirement[];
}
