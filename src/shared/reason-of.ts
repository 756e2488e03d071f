/** Tells what an error says, as it is, and nothing of its causes. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/** Tells what an error says, as it is, and what it says of its causes. */
export function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return error.cause === undefined
    ? error.message
    : `${error.message}, because ${causesOf(error.cause)}`;
}

/** Tells what an error and its causes say, on one line. */
export function causesOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const text = error.message.replaceAll(/\s+/g, ' ');
  const code = 'code' in error && typeof error.code === 'string' ? error.code : '';
  const own = text.includes(code) ? text : `${text} (${code})`;
  return error.cause === undefined ? own : `${own}, because ${causesOf(error.cause)}`;
}
