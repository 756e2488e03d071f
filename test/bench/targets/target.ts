/** Where an XKS proxy listens, and what a client needs to be served by it. */
export interface Endpoint {
  readonly host: string;
  readonly port: number;
  /** PEM of what the server's certificate chains to. */
  readonly certificateAuthority: string;
  /** Everything in front of `/keys`, such as `/quickstart/kms/xks/v1`. */
  readonly uriPath: string;
  /** A key that may encrypt and decrypt. */
  readonly externalKeyId: string;
  readonly region: string;
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
}

/** How a target's server process is started. */
export interface ServerCommand {
  /** Node when absent. */
  readonly program?: string;
  readonly arguments: readonly string[];
  readonly environment?: Readonly<Record<string, string>>;
  readonly port: number;
  /** Holds everything the server writes; removed when it stops. */
  readonly stateDirectory: string;
}

/** A server process that listens. */
export interface ServerProcess {
  /** CPU time and memory are those of this process and its children. */
  readonly pid: number;
  /** Time from the start of the process until it served, in ms. */
  readonly startMs: number;
  /** Drops what the server has logged so far, so that a long run does not fill the disk. */
  discardLog(): Promise<void>;
  /** Resolves when the process is gone and its files are removed. */
  stop(): Promise<void>;
}

/** A server process that a client can be served by. */
export interface RunningTarget extends ServerProcess {
  readonly name: string;
  readonly endpoint: Endpoint;
  /** The folder of its audit log, where it keeps one. */
  readonly auditDirectory?: string;
}

/** Something that can be measured. A new backend is one more of these in `targets/index.ts`. */
export interface Target {
  readonly name: string;
  /**
   * Share of the requests that it may refuse, because a machine or a disk can stall for longer than
   * a request may take. Without it, one refusal ends the benchmark.
   */
  readonly maxRefusedShare?: number;
  /**
   * Starts the server in a state folder of its own, on a free port, pinned to the server's core.
   *
   * @throws Error when it does not listen within 30 s; its last output is in the message
   */
  start(): Promise<RunningTarget>;
}
