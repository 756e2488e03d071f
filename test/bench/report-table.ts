const BYTES_PER_MIB = 1024 ** 2;

/** Lays rows out under a title, with columns as wide as they need. */
export function table(
  title: string,
  head: readonly string[],
  rows: readonly (readonly string[])[],
): string {
  const lines = [head, ...rows];
  const widths = head.map((_, column) => Math.max(...lines.map((l) => l[column]?.length ?? 0)));
  const body = lines.map((line) =>
    line
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join('  ')
      .trimEnd(),
  );
  return [title, ...body.map((line) => `  ${line}`)].join('\n');
}

/** Writes a size in MiB, with one decimal place. */
export function toMib(bytes: number): string {
  return (bytes / BYTES_PER_MIB).toFixed(1);
}
