/** A change to one field of a key document. */
export interface DocumentEdit {
  readonly what: string;
  /** Field names and indexes from the document down. */
  readonly edit: { readonly path: readonly (string | number)[]; readonly value: unknown };
}

const when = '2020-02-02T02:02:02.000Z';
const scrypt = { salt: Buffer.alloc(16).toString('base64'), N: 2 ** 17, r: 8, p: 1 };

/** Every field of a document, changed to something that looks right, and some that do not. */
export const documentEdits: readonly DocumentEdit[] = (
  [
    [['format'], 3],
    [['externalKeyId'], 'payroll'],
    [['externalKeyId'], 'hr'],
    [['usage'], ['ENCRYPT']],
    [['usage'], ['DECRYPT', 'ENCRYPT']],
    [['usage'], ['ENCRYPT', 'ENCRYPT']],
    [['createdAt'], when],
    [['sealing', 'masterKeyId'], '0123456789abcdef'],
    [['sealing', 'scrypt'], scrypt],
    [['versions'], []],
    [['versions', 0, 'version'], 3],
    [['versions', 1, 'version'], 1],
    [['versions', 1, 'version'], 3],
    [['versions', 1, 'version'], 2 ** 32],
    [['versions', 0, 'materialName'], '0123456789abcdef'],
    [['versions', 1, 'materialName'], '0123456789ABCDEF'],
    [['versions', 0, 'createdAt'], when],
    [['versions', 1, 'createdAt'], 'yesterday'],
    [['versions', 1, 'material'], 'a.b.c.d.e'],
    [['versions', 1, 'note'], 'a field too many'],
    [['enabled'], true],
  ] as const
).map(([path, value]) => ({
  what: `${path.join('.')} = ${JSON.stringify(value)}`,
  edit: { path, value },
}));

/** The document with one field changed. */
export function edited(document: unknown, { path, value }: DocumentEdit['edit']): unknown {
  const [field, ...rest] = path;
  if (field === undefined) return value;
  if (Array.isArray(document)) {
    return document.map((item: unknown, index) =>
      index === field ? edited(item, { path: rest, value }) : item,
    );
  }
  const fields = new Map<string, unknown>(Object.entries(document ?? {}));
  fields.set(String(field), edited(fields.get(String(field)), { path: rest, value }));
  return Object.fromEntries(fields);
}
