const AT_ONCE = 16;

/**
 * Does work for each of many, some at once.
 *
 * @param atOnce the number of works under way; fewer let others come between
 * @throws the first failure, when no work is under way any more
 */
export async function someAtOnce<T>(
  many: Iterable<T>,
  work: (each: T) => Promise<void>,
  atOnce = AT_ONCE,
): Promise<void> {
  const left = [...many].values();
  const failures: unknown[] = [];
  const workers = Array.from({ length: atOnce }, async () => {
    for (const each of left) {
      if (failures.length > 0) return;
      await work(each).catch((error: unknown) => failures.push(error));
    }
  });
  await Promise.all(workers);
  if (failures.length > 0) throw failures[0];
}
