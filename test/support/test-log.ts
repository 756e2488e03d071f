import { mkdirSync } from 'node:fs';
import { join } from 'node:path';

let opened = 0;

/**
 * Where a test writes what a server under test has logged, so that it is searched for secrets
 * when the run ends. Every call names another file.
 *
 * @param name what runs there, for the reader of the folder; letters, digits and hyphens
 */
export function testLogPath(name: string): string {
  const folder = process.env['HOLDFAST_TEST_LOG_DIR'] ?? join('.cache', 'test-logs', 'servers');
  mkdirSync(folder, { recursive: true });
  opened += 1;
  return join(folder, `${name}-${process.pid}-${opened}.log`);
}
