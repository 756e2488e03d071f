import { KeyManagerError } from '../backend.js';
import { isSilence } from './node-failures.js';

/**
 * Does administrative work on the first node that answers. Work that a node did without an answer
 * is asked of the next one, which finds it done.
 *
 * @param nodes in the order in which they are preferred
 * @param mayGoOn tells of the error of one node whether the next one is asked
 * @throws the error of the last node that was asked
 */
export async function onFirstNode<Node, T>(
  nodes: readonly Node[],
  work: (node: Node) => Promise<T>,
  mayGoOn: (error: unknown) => boolean = isSilence,
): Promise<T> {
  let last: unknown = new KeyManagerError('unreachable', 'there is no node');
  for (const node of nodes) {
    try {
      return await work(node);
    } catch (error) {
      if (!mayGoOn(error)) throw error;
      last = error;
    }
  }
  throw last;
}
