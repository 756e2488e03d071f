import { join } from 'node:path';
import type { DamagedDocument, DocumentName } from '../store.js';
import { assertPlace, type DocumentFile, likelyIdOf, parseDocumentFile } from './document-file.js';
import { fileNameOf } from './file-names.js';
import { DOCUMENTS, type StateFolder } from './state-folder.js';
import { DamagedFileError } from './stored-file.js';

/** Files that are read at once. */
const AT_ONCE = 32;

/** A file that says it is a document whose own file works. */
export interface CopiedDocument {
  readonly path: string;
  readonly document: DocumentName;
}

/** All documents of a folder, by {@link keyOf}. */
export interface LoadedDocuments {
  readonly documents: Map<string, DocumentFile>;
  readonly damaged: ReadonlyMap<string, DamagedDocument>;
  /** Files that are of no use and keep no document from working: copies of one that works. */
  readonly copies: readonly CopiedDocument[];
}

/** A name in one text. */
export function keyOf({ collection, id }: DocumentName): string {
  return `${collection}/${id}`;
}

/** The path of a document's file in the folder. */
export function documentPath({ collection, id }: DocumentName): string {
  return join(DOCUMENTS, collection, fileNameOf(id));
}

/** Reads every document. One that cannot be trusted is named, and nothing is done about it. */
export async function loadDocuments(folder: StateFolder): Promise<LoadedDocuments> {
  const documents = new Map<string, DocumentFile>();
  const unusable: Unusable[] = [];
  for (const collection of await folder.collections()) {
    const names = await folder.files(join(DOCUMENTS, collection));
    for (const loaded of await inBatches(names, (name) => load(folder, collection, name))) {
      if ('problem' in loaded) unusable.push(loaded);
      else documents.set(keyOf(loaded.document), loaded);
    }
  }
  const copies = unusable.filter(({ claimed }) => claimed && documents.has(keyOf(claimed)));
  const damaged = unusable.filter((file) => !copies.includes(file));
  return {
    documents,
    damaged: new Map(damaged.map((file) => [keyOf(file), namedOnly(file)])),
    copies: copies.flatMap(({ path, claimed }) => (claimed ? [{ path, document: claimed }] : [])),
  };
}

interface Unusable extends DamagedDocument {
  readonly path: string;
  /** The document that a whole file says it is, where that belongs elsewhere. */
  readonly claimed?: DocumentName;
}

async function load(
  folder: StateFolder,
  collection: string,
  name: string,
): Promise<DocumentFile | Unusable> {
  const path = join(folder.path, DOCUMENTS, collection, name);
  let text = '';
  let claimed: DocumentName | undefined;
  try {
    text = (await folder.read(join(DOCUMENTS, collection, name))) ?? '';
    const file = parseDocumentFile(text);
    claimed = file.document;
    assertPlace(claimed, collection, name);
    return file;
  } catch (error) {
    const id = claimed?.id ?? likelyIdOf(name, text);
    const problem = `${path} ${whyUnusable(error)}`;
    return {
      collection: claimed?.collection ?? collection,
      id,
      problem,
      path,
      ...asClaimed(claimed),
    };
  }
}

function asClaimed(claimed: DocumentName | undefined): Pick<Unusable, 'claimed'> {
  return claimed === undefined ? {} : { claimed };
}

function whyUnusable(error: unknown): string {
  return error instanceof DamagedFileError ? error.message : `cannot be read: ${String(error)}`;
}

function namedOnly({ collection, id, problem }: DamagedDocument): DamagedDocument {
  return { collection, id, problem };
}

/** Does something with each name, some at once; the results are in the order of the names. */
export async function inBatches<T>(
  names: readonly string[],
  work: (name: string) => Promise<T>,
): Promise<readonly T[]> {
  const results: T[] = [];
  for (let index = 0; index < names.length; index += AT_ONCE) {
    results.push(...(await Promise.all(names.slice(index, index + AT_ONCE).map(work))));
  }
  return results;
}
