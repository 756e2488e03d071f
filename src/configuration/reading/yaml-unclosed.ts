import { type CST, Parser } from 'yaml';
import { tokensInside } from './yaml-depth.js';

/** A list or a map that begins with a bracket or a brace, and has no end. */
export interface UnclosedCollection {
  /** The offset of its beginning in the text. */
  readonly offset: number;
  readonly opening: '[' | '{';
}

/** Finds the lists in brackets and maps in braces that do not end. */
export function unclosedCollections(text: string): readonly UnclosedCollection[] {
  const found: UnclosedCollection[] = [];
  const pending: CST.Token[] = [...new Parser().parse(text)];
  for (let next = pending.pop(); next !== undefined; next = pending.pop()) {
    pending.push(...tokensInside(next));
    if (next.type !== 'flow-collection') continue;
    const isClosed = next.end.some(
      ({ type }) => type === 'flow-seq-end' || type === 'flow-map-end',
    );
    if (isClosed) continue;
    const opening = next.start.type === 'flow-seq-start' ? '[' : '{';
    found.push({ offset: next.start.offset, opening });
  }
  return found.sort((a, b) => a.offset - b.offset);
}
