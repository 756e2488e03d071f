import type { Tables } from '../tables.js';

/** The table of what replicas tell of uses: each minute, and without a revision. */
export function uses(tables: Tables): readonly string[] {
  return [
    // The token names the contents. One that is told again replaces those that it has read, which
    // `replaces` names: of two replicas that tell at once, one is too late and reads again.
    `CREATE TABLE ${tables.uses} (
      collection text COLLATE "C" NOT NULL,
      id text COLLATE "C" NOT NULL,
      token text NOT NULL,
      replaces text,
      format integer NOT NULL,
      contents text NOT NULL,
      PRIMARY KEY (collection, id)
    )`,
  ];
}
