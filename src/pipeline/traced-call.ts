import type { KeyManagerErrorCode } from '../key-managers/backend.js';
import type { KeyManagerCall, NodeName } from '../key-managers/key-manager.js';
import type { RequestRecord } from '../observability/request-record.js';
import type { Deadline } from '../shared/deadline.js';

/** A request in the hands of key managers: its deadline, and the record of whom they asked. */
export class TracedCall implements KeyManagerCall {
  readonly deadline: Deadline;
  readonly record: RequestRecord;

  constructor(deadline: Deadline, record: RequestRecord) {
    this.deadline = deadline;
    this.record = record;
  }

  tried({ name: node, location }: NodeName, failure?: KeyManagerErrorCode): void {
    const { nodesTried } = this.record;
    const last = nodesTried.at(-1);
    if (last?.node === node && last.failure === failure) return;
    nodesTried.push(failure === undefined ? { node, location } : { node, location, failure });
  }

  /**
   * The key manager has done what it was asked: the last node that was tried has. What comes after it, the
   * trial decryption of Encrypt, may be done elsewhere.
   */
  done(): void {
    if (this.record.node !== undefined) return;
    const last = this.record.nodesTried.at(-1);
    this.record.node = last?.node;
    this.record.location = last?.location;
  }
}
