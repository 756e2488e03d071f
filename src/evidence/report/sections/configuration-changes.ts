import type { RecordOf } from '../../../audit/record/index.js';

type Setting = NonNullable<RecordOf<'configuration'>['settings']>[number];

/**
 * A setting that differs between two configurations. Each side has as many values as the list has.
 */
export interface ConfigurationChange {
  readonly path: string;
  /** Values that it had and has no more; empty for what is new. */
  readonly before: readonly Setting['value'][];
  /** Values that it has now and did not have; empty for what is gone. */
  readonly after: readonly Setting['value'][];
}

/** Follows the configurations of one log, each of which may be spread over several records. */
export class ConfigurationHistory {
  #inForce: ReadonlyMap<string, readonly Setting['value'][]> | undefined;
  #coming = new Map<string, Setting['value'][]>();

  /**
   * Takes the next record of the log.
   *
   * @returns what has changed, with the last record of a configuration that is not the first
   */
  add({ part = 1, parts = 1, settings }: RecordOf<'configuration'>): ConfigurationChange[] {
    if (part === 1) this.#coming = new Map();
    for (const { path, value } of settings ?? []) {
      const values = this.#coming.get(path);
      if (values === undefined) this.#coming.set(path, [value]);
      else values.push(value);
    }
    if (part < parts) return [];
    const before = this.#inForce;
    // Logs of Holdfast 0.1 say no more than the hash.
    this.#inForce = settings === undefined ? undefined : this.#coming;
    return before === undefined || this.#inForce === undefined
      ? []
      : changesBetween(before, this.#inForce);
  }
}

function changesBetween(
  before: ReadonlyMap<string, readonly Setting['value'][]>,
  after: ReadonlyMap<string, readonly Setting['value'][]>,
): ConfigurationChange[] {
  const paths = [...new Set([...before.keys(), ...after.keys()])];
  return paths
    .map((path) => {
      const [old = [], now = []] = [before.get(path), after.get(path)];
      return { path, before: without(old, now), after: without(now, old) };
    })
    .filter((change) => change.before.length + change.after.length > 0);
}

function without<T>(values: readonly T[], others: readonly T[]): T[] {
  const known = new Set(others);
  return values.filter((value) => !known.has(value));
}
