/** A value, or a promise of it: a value that is at hand costs no turns of the microtask queue. */
export type MaybePromise<T> = T | Promise<T>;

/**
 * Does work and goes on with what comes of it: at once where that is there at once.
 *
 * @param onError for what the work throws, or rejects with; without it, the caller gets that
 */
export function settled<T, Result>(
  work: () => MaybePromise<T>,
  onValue: (value: T) => Result,
  onError: (error: unknown) => MaybePromise<Result> = rethrow,
): MaybePromise<Result> {
  let value: MaybePromise<T>;
  try {
    value = work();
  } catch (error) {
    return onError(error);
  }
  return value instanceof Promise ? value.then(onValue, onError) : onValue(value);
}

function rethrow(error: unknown): never {
  throw error;
}
