import type { SearchEvent } from '../evidence/search/event.js';

/** Formats an event of a search as a line for people. */
export function eventText(event: SearchEvent): string {
  switch (event.kind) {
    case 'old-index':
      return `${event.folder} is the index of an earlier version; it is not used and can be removed`;
    case 'unreadable':
      return `cannot read all of ${event.segment}: ${event.reason}`;
    case 'not-records':
      return `${event.count} lines of ${event.segment} are no audit records; see holdfast audit verify`;
  }
}
