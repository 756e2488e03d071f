import type { ConfiguredValue } from '../settings.js';
import type { FileDigests } from './file-digests.js';
import { isSame } from './is-same.js';

/** One thing that two configurations do not have in common. No secret is in it. */
export interface Difference {
  /** Entries of a list by their names: `keyStores[payroll].exposes`, or a whole `keyStores[hr]`. */
  readonly path: string;
  readonly change: 'added' | 'removed' | 'changed';
  /** The values before and after, as far as they may be told; absent for a whole entry. */
  readonly before?: string;
  readonly after?: string;
  /** True where the configuration says the same, and a file that it names has another content. */
  readonly isInFile: boolean;
}

/** The part of a configuration that is compared. */
export interface Compared {
  readonly values: readonly ConfiguredValue[];
  readonly digests: FileDigests;
}

const REORDERED = 'the same in another order';
const OTHER_CONTENT = 'another content';

/** Finds all that two configurations do not have in common, in the order of the configuration. */
export function differencesOf(before: Compared, after: Compared): readonly Difference[] {
  const [old, young] = [byPath(before.values), byPath(after.values)];
  const paths = [...new Set([...young.keys(), ...old.keys()])];
  const differences = paths.flatMap((path): Difference[] => {
    const [values, others] = [old.get(path), young.get(path)];
    if (values === undefined) return [{ path, change: 'added', ...told(others, 'after') }];
    if (others === undefined) return [{ path, change: 'removed', ...told(values, 'before') }];
    return changed(path, values, others, { before, after });
  });
  return [...wholeEntries(differences, old, young), ...reordered(before.values, after.values)];
}

type Values = readonly ConfiguredValue[];

function byPath(values: Values): ReadonlyMap<string, Values> {
  const found = new Map<string, ConfiguredValue[]>();
  for (const value of values) {
    const others = found.get(value.path);
    if (others === undefined) found.set(value.path, [value]);
    else others.push(value);
  }
  return found;
}

function changed(
  path: string,
  values: Values,
  others: Values,
  { before, after }: { before: Compared; after: Compared },
): Difference[] {
  const isWrittenAlike = isSame(values.map(written), others.map(written));
  if (!isWrittenAlike) {
    const texts = { ...told(values, 'before'), ...told(others, 'after') };
    return [{ path, change: 'changed', ...texts, isInFile: false }];
  }
  const isFileChanged = values.some(
    ({ raw }) => typeof raw === 'string' && before.digests.get(raw) !== after.digests.get(raw),
  );
  const isSecretChanged = !isSame(values.map(raw), others.map(raw));
  if (!isFileChanged && !isSecretChanged) return [];
  return [{ path, change: 'changed', after: OTHER_CONTENT, isInFile: true }];
}

/** A secret without a reference is written in the file itself. */
function written({ reference, value, raw: itself }: ConfiguredValue): unknown {
  return reference ?? [value, itself];
}

function raw({ raw: itself }: ConfiguredValue): unknown {
  return itself;
}

function told<Side extends 'before' | 'after'>(values: Values | undefined, side: Side) {
  const text = (values ?? []).map(({ value }) => String(value)).join(', ');
  return { [side]: text, isInFile: false } as Record<Side, string> & { readonly isInFile: false };
}

/** Tells an entry of a list as a whole, where everything of it is there on one side alone. */
function wholeEntries(
  differences: readonly Difference[],
  old: ReadonlyMap<string, Values>,
  young: ReadonlyMap<string, Values>,
): readonly Difference[] {
  const known = { added: entriesOf(old), removed: entriesOf(young) };
  const entries = new Map<string, Difference>();
  for (const difference of differences) {
    const { path, change } = difference;
    const entry =
      change === 'changed'
        ? undefined
        : entriesAround(path).find((each) => !known[change].has(each));
    if (entry === undefined) entries.set(path, difference);
    else entries.set(entry, { path: entry, change, isInFile: false });
  }
  return [...entries.values()];
}

function entriesOf(values: ReadonlyMap<string, Values>): ReadonlySet<string> {
  return new Set([...values.keys()].flatMap(entriesAround));
}

/** `keyManagers[hsm]`, `keyManagers[hsm].nodes[a]` for a field of that node. */
function entriesAround(path: string): readonly string[] {
  return [...path.matchAll(/\]/g)].map(({ index }) => path.slice(0, index + 1));
}

/** Entries whose order says which is preferred, and that stand in another one. */
function reordered(before: Values, after: Values): readonly Difference[] {
  const [old, young] = [entryNames(before), entryNames(after)];
  return [...old].flatMap(([list, names]): Difference[] => {
    const others = young.get(list) ?? new Set();
    const common = [...names].filter((name) => others.has(name));
    const now = [...others].filter((name) => names.has(name));
    if (isSame(common, now)) return [];
    return [{ path: list, change: 'changed', after: REORDERED, isInFile: false }];
  });
}

/** The names of the entries of each list, in their order. */
function entryNames(values: Values): ReadonlyMap<string, ReadonlySet<string>> {
  const lists = new Map<string, Set<string>>();
  for (const { path } of values) {
    for (const entry of entriesAround(path)) {
      const list = entry.slice(0, entry.lastIndexOf('['));
      const names = lists.get(list) ?? new Set();
      lists.set(list, names.add(entry));
    }
  }
  return lists;
}
