/** The time in milliseconds that a start waits for work that may go on beside requests. */
const MAX_WAIT_MS = 2_000;

/**
 * Waits for work, and no longer than a start may take: the rest goes on in the background.
 *
 * @throws what the work throws in that time
 */
export async function withinStart(work: Promise<void>, maxWaitMs = MAX_WAIT_MS): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const enough = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, maxWaitMs);
  });
  try {
    await Promise.race([work, enough]);
  } finally {
    clearTimeout(timer);
  }
}
