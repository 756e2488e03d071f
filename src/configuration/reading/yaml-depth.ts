import { type CST, Parser } from 'yaml';

/**
 * Tells whether values are nested deeper than a limit. Called before a text is composed: the
 * library's composer descends by recursion, up to 800 levels, and an exhausted stack ends the
 * process where it happens to compile a regular expression. Its parser, used here, keeps a stack
 * of its own.
 */
export function isDeeperThan(limit: number, text: string): boolean {
  const pending = Array.from(new Parser().parse(text), (token) => ({ token, depth: 0 }));
  for (let next = pending.pop(); next !== undefined; next = pending.pop()) {
    const depth = next.depth + 1;
    if (depth > limit) return true;
    for (const token of tokensInside(next.token)) pending.push({ token, depth });
  }
  return false;
}

/** The tokens one level below another one. */
export function tokensInside(token: CST.Token): CST.Token[] {
  if (token.type === 'document') return token.value === undefined ? [] : [token.value];
  if (!('items' in token)) return [];
  return token.items
    .flatMap(({ key, value }) => [key, value])
    .filter((part) => part !== null && part !== undefined);
}
