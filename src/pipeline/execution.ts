import type { KeyManagerErrorCode } from '../key-managers/backend.js';
import type { KeyManagerCall, NodeName } from '../key-managers/key-manager.js';
import type { Deadline } from '../shared/deadline.js';

/** A node that was asked to do something. */
export interface TriedNode {
  readonly node: string;
  readonly location: string;
  /** Code of the key manager's error; absent where the node did what it was asked. */
  readonly failure?: KeyManagerErrorCode;
}

/**
 * A request in the hands of its key manager, and what comes of it. The key manager tells of each
 * node while it works, so that a request that fails is told with the nodes that it failed at.
 */
export class Execution implements KeyManagerCall {
  readonly deadline: Deadline;
  /** Name of the key manager. */
  readonly keyManager: string;
  /** The key that an alias stands for in this request. */
  targetKeyId: string | undefined = undefined;
  /** Version of the key material in use. */
  keyVersion: number | undefined = undefined;
  /** The node that did the work, and where it is. */
  node: string | undefined = undefined;
  location: string | undefined = undefined;
  callsBefore = 0;
  /** The ciphertext that was made; told as its hash alone. */
  ciphertext: Buffer | undefined = undefined;
  /** Every node that was asked, in order; one that answers again and again is in it once. */
  readonly nodesTried: TriedNode[] = [];

  constructor(keyManager: string, deadline: Deadline) {
    this.keyManager = keyManager;
    this.deadline = deadline;
  }

  tried({ name: node, location }: NodeName, failure?: KeyManagerErrorCode): void {
    this.callsBefore += 1;
    const last = this.nodesTried.at(-1);
    if (last?.node === node && last.failure === failure) return;
    this.nodesTried.push(failure === undefined ? { node, location } : { node, location, failure });
  }

  /**
   * The key manager has done what it was asked: the last node that was tried has. What comes after
   * it, the trial decryption of Encrypt, may be done elsewhere.
   */
  done(): void {
    if (this.node !== undefined) return;
    const last = this.nodesTried.at(-1);
    this.node = last?.node;
    this.location = last?.location;
  }
}
