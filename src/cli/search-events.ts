import type { SearchEvent } from '../evidence/search/search-log.js';
import { counted } from '../shared/counted.js';

/** Formats an event of a search as a line for people. */
export function eventText(event: SearchEvent): string {
  switch (event.kind) {
    case 'unreadable':
      return `cannot read all of ${event.segment}: ${event.reason}`;
    case 'not-records':
      return `${counted(event.count, 'line')} of ${event.segment} ${event.count === 1 ? 'is no audit record' : 'are no audit records'}; see holdfast audit verify`;
  }
}
