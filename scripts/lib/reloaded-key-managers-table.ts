import { backendFacts } from '../../src/key-managers/backends.js';

/** A table of what changes of a key manager of each type while it runs. */
export function reloadedKeyManagersTable(): string {
  const rows = Object.entries(backendFacts).map(([type, { keptWhileRunning: kept }]) => {
    if (kept === undefined) return `| \`${type}\` | nothing | everything |`;
    const restart = [...kept, 'type'].map((field) => `\`${field}\``).join(', ');
    return `| \`${type}\` | everything else | ${restart} |`;
  });
  return [
    '| Type | It changes with a reload | With a restart |',
    '| --- | --- | --- |',
    ...rows,
  ].join('\n');
}
