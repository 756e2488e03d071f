import type { SearchEvent } from '../evidence/search/search-log.js';

/** Formats an event of a search as a line for people. */
export function eventText(event: SearchEvent): string {
  switch (event.kind) {
    case 'unreadable':
      return `cannot read all of ${event.segment}: ${event.reason}`;
    case 'not-records':
      return `${event.count} lines of ${event.segment} are no audit records; see holdfast audit verify`;
  }
}
