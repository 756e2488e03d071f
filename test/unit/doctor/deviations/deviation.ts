import type { Behaviour } from '../../../support/model-proxy/behaviour.js';

/** A proxy that does one thing otherwise than the correct one. */
export interface Deviation {
  readonly title: string;
  readonly behaviour: Partial<Behaviour>;
  /** The requirements that find it, all of them. */
  readonly found: readonly string[];
}

/** A row of a table. */
export function deviation(
  title: string,
  found: string | readonly string[],
  behaviour: Partial<Behaviour>,
): Deviation {
  return { title, found: typeof found === 'string' ? [found] : found, behaviour };
}
