import { parsedJson } from '../../shared/parsed-json.js';
import type { CollectionDefinition, DocumentFormat, StateDocument } from '../collection.js';
import type { DocumentChange, StoredDocument } from '../store.js';

/** Reads a stored document by its collection's definition, believing nothing. */
export function readDocument<Value, Previous>(
  definition: CollectionDefinition<Value, Previous>,
  { id, revision, format, contents }: StoredDocument,
): StateDocument<Value> {
  if (contents === undefined) return { kind: 'removed', id, revision };
  const { newest, previous } = definition;
  if (format > newest.number) {
    const problem = `${id} is made by a newer version of Holdfast: format ${format}, while this one reads up to ${newest.number}`;
    return { kind: 'newer-version', id, revision, problem };
  }
  if (format === newest.number) {
    const result = newest.schema.safeParse(asParsed(newest, contents));
    if (result.success) return { kind: 'value', id, revision, value: result.data };
    return damaged(id, revision, result.error.issues);
  }
  if (format === previous?.number) {
    const result = previous.schema.safeParse(asParsed(previous, contents));
    if (!result.success) return damaged(id, revision, result.error.issues);
    return { kind: 'value', id, revision, value: previous.upgrade(result.data) };
  }
  const problem = `${id} has the format ${format}, which this version does not read any more; upgrade one version after the other`;
  return { kind: 'damaged', id, revision, problem };
}

function asParsed({ isOfText }: Pick<DocumentFormat<unknown>, 'isOfText'>, contents: string) {
  return isOfText === true ? contents : parsedJson(contents);
}

/** Names the field and never what is in it. */
function damaged(
  id: string,
  revision: number,
  issues: readonly { readonly path: readonly PropertyKey[]; readonly code?: string }[],
): StateDocument<never> {
  const fields = issues.map(({ path }) => path.map(String).join('.') || 'the whole').slice(0, 5);
  return {
    kind: 'damaged',
    id,
    revision,
    problem: `${id} does not follow its schema: ${fields.join(', ')}`,
  };
}

/**
 * Writes a value in the format that every replica reads: the newest from the store's format on at
 * which it was introduced, the one before until then.
 *
 * @param storeFormat the store's own format
 */
export function writtenContents<Value, Previous>(
  { newest, previous }: CollectionDefinition<Value, Previous>,
  value: Value,
  storeFormat: number,
): Pick<DocumentChange, 'format'> & { readonly contents: string } {
  const isOld = previous !== undefined && storeFormat < previous.until;
  const contents = JSON.stringify(isOld ? previous.downgrade(value) : value);
  return { format: isOld ? previous.number : newest.number, contents };
}
