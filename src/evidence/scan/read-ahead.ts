/** Values of one source that are held until they are asked for. */
const MAX_HELD = 4;

/**
 * Runs a generator ahead of whoever reads it, as far as a few values, from now on.
 *
 * @returns the values in their order; throws the error of the source, after the values before it
 */
export function readAhead<Value>(
  source: AsyncGenerator<Value, void, undefined>,
): AsyncGenerator<Value, void, undefined> {
  const held = Array.from({ length: MAX_HELD }, () => next(source));
  return values(source, held);
}

async function* values<Value>(
  source: AsyncGenerator<Value, void, undefined>,
  held: Promise<IteratorResult<Value, void>>[],
): AsyncGenerator<Value, void, undefined> {
  for (;;) {
    const result = await held.shift();
    if (result === undefined || result.done === true) return;
    held.push(next(source));
    yield result.value;
  }
}

function next<Value>(source: AsyncGenerator<Value, void, undefined>) {
  const result = source.next();
  // Whoever asks for the value is told; nobody may ask any more.
  result.catch(() => undefined);
  return result;
}
