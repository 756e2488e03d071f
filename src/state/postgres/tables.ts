/** The names of the tables, with that of their schema before them, as SQL has them. */
export interface Tables {
  readonly schema: string;
  readonly store: string;
  readonly revisions: string;
  readonly documents: string;
  readonly counters: string;
  readonly uses: string;
  readonly writers: string;
  readonly leases: string;
  readonly migrations: string;
}

/** @param schema a plain identifier; the configuration's schema has made sure of that */
export function tablesIn(schema: string): Tables {
  const table = (name: string) => `"${schema}"."${name}"`;
  return {
    schema: `"${schema}"`,
    store: table('store'),
    revisions: table('revisions'),
    documents: table('documents'),
    counters: table('counters'),
    uses: table('uses'),
    writers: table('writers'),
    leases: table('leases'),
    migrations: table('migrations'),
  };
}
