/**
 * Becomes the server, as `holdfast serve` with the rest of the command line. It runs in this
 * process, and not in a child, so that npm's signals reach it and its exit code reaches npm.
 *
 * @returns {Promise<void>} when it has been stopped
 */
export async function serve() {
  // Ctrl-C signals npm and this process, and npm passes it on: the same signal comes twice, and
  // the second must not end what the first has asked to finish.
  for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => undefined);
  process.argv.splice(2, 0, 'serve');
  await import(new URL('../../dist/cli/main.js', import.meta.url).href);
}
