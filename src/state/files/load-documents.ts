import { join } from 'node:path';
import type { DamagedDocument, DocumentName } from '../store.js';
import { assertPlace, type DocumentFile, likelyIdOf, parseDocumentFile } from './document-file.js';
import { fileNameOf } from './file-names.js';
import { DOCUMENTS, type StateFolder } from './state-folder.js';
import { NewerFileError, whyUnusable } from './stored-file.js';

/** All documents of a folder, by {@link keyOf}. */
export interface LoadedDocuments {
  readonly documents: Map<string, DocumentFile>;
  readonly damaged: ReadonlyMap<string, DamagedDocument>;
  /** Files that keep no document from working, such as copies of one; one sentence each. */
  readonly leftAside: readonly string[];
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
    for (const name of names) {
      const loaded = load(folder, collection, name);
      if ('problem' in loaded) unusable.push(loaded);
      else documents.set(keyOf(loaded.document), loaded);
    }
  }
  const copies = unusable.filter(({ claimed }) => claimed && documents.has(keyOf(claimed)));
  const damaged = unusable.filter((file) => !copies.includes(file));
  return {
    documents,
    damaged: new Map(damaged.map((file) => [keyOf(file), namedOnly(file)])),
    leftAside: [...copies.map(sayCopy), ...(await folder.strays()).map(sayStray)],
  };
}

/** Nothing is wrong with the document, and still somebody has been at work in the folder. */
function sayCopy({ path, collection, id }: Unusable): string {
  return `${path} is a copy of the document ${id} of ${collection}: move it out of the folder`;
}

function sayStray(path: string): string {
  return `${path} is no file of a state store, and is left aside: move it out of the folder`;
}

interface Unusable extends DamagedDocument {
  readonly path: string;
  /** The document that a whole file says it is, where that belongs elsewhere. */
  readonly claimed?: DocumentName;
}

function load(folder: StateFolder, collection: string, name: string): DocumentFile | Unusable {
  const path = join(folder.path, DOCUMENTS, collection, name);
  let text = '';
  let claimed: DocumentName | undefined;
  try {
    text = folder.readAtStart(join(DOCUMENTS, collection, name));
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
      ...(error instanceof NewerFileError && { isNewer: true }),
      ...asClaimed(claimed),
    };
  }
}

function asClaimed(claimed: DocumentName | undefined): Pick<Unusable, 'claimed'> {
  return claimed === undefined ? {} : { claimed };
}

function namedOnly({ collection, id, problem, isNewer }: DamagedDocument): DamagedDocument {
  return { collection, id, problem, ...(isNewer && { isNewer }) };
}
