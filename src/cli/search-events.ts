import type { SearchEvent } from '../evidence/search/event.js';

/** What happened during a search, as a line for people. */
export function eventText(event: SearchEvent): string {
  switch (event.kind) {
    case 'indexing':
      return `indexing up to ${event.segments} segments of ${event.log}; the next search will be quick`;
    case 'indexed':
      return `indexed ${event.segments} segments of ${event.log}`;
    case 'no-index':
      return (
        `no index can be written for ${event.log} (${event.reason}), so all of it is read; ` +
        'name a folder for it with --index-directory'
      );
    case 'unreadable':
      return `cannot read all of ${event.segment}: ${event.reason}`;
    case 'not-records':
      return `${event.count} lines of ${event.segment} are no audit records; see holdfast audit verify`;
  }
}
