/** Something that whoever searches should know, beside what was found. */
export type SearchEvent =
  /** The folder of an index that an earlier version made. It is not read. */
  | { readonly kind: 'old-index'; readonly folder: string }
  /** The segment, or a part of it, could not be searched: there may be more to find. */
  | { readonly kind: 'unreadable'; readonly segment: string; readonly reason: string }
  /** Lines that are no audit records. */
  | { readonly kind: 'not-records'; readonly segment: string; readonly count: number };
