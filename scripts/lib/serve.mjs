/**
 * What npm passes on comes right behind what the terminal has sent; nobody presses twice as fast.
 */
const SAME_SIGNAL_MS = 500;

/**
 * Becomes the server, as `holdfast serve` with the rest of the command line. It runs in this
 * process, and not in a child, so that npm's signals reach it and its exit code reaches npm.
 *
 * @returns {Promise<void>} when it has been stopped
 */
export async function serve() {
  endOnSecondSignal();
  process.argv.splice(2, 0, 'serve');
  await import(new URL('../../dist/cli/main.js', import.meta.url).href);
}

/**
 * Ctrl-C signals npm and this process, and npm passes it on: the same signal comes twice, and the
 * echo must not end what the signal has asked to finish. One that comes later is a second Ctrl-C,
 * and ends the process at once.
 */
function endOnSecondSignal() {
  /** @type {number | undefined} */
  let firstAt;
  for (const signal of ['SIGINT', 'SIGTERM']) {
    process.on(signal, () => {
      firstAt ??= performance.now();
      if (performance.now() - firstAt < SAME_SIGNAL_MS) return;
      process.removeAllListeners(signal);
      process.kill(process.pid, signal);
    });
  }
}
