/** Something that whoever searches should know, beside what was found. */
export type SearchEvent =
  | { readonly kind: 'indexing'; readonly log: string; readonly segments: number }
  | { readonly kind: 'indexed'; readonly log: string; readonly segments: number }
  /** Segments without an index are read whole. */
  | { readonly kind: 'no-index'; readonly log: string; readonly reason: string }
  /** The segment, or a part of it, could not be searched: there may be more to find. */
  | { readonly kind: 'unreadable'; readonly segment: string; readonly reason: string }
  /** Lines that are no audit records. */
  | { readonly kind: 'not-records'; readonly segment: string; readonly count: number };

/** Is told of events. */
export type Notify = (event: SearchEvent) => void;
