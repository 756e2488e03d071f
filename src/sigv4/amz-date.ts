const AMZ_DATE = /^(\d{4})(\d{2})(\d{2})T([01]\d|2[0-3])([0-5]\d)([0-5]\d)Z$/;

/**
 * Reads the value of `x-amz-date`.
 *
 * @returns milliseconds since 1970, or `undefined` for another form or a day that does not exist
 * @see XKS Proxy API, Appendix A, Task 1
 */
export function parseAmzDate(text: string): number | undefined {
  const match = AMZ_DATE.exec(text);
  if (match === null) return undefined;
  const [, year, month, day, hour, minute, second] = match;
  const time = Date.UTC(
    Number(year),
    Number(month) - 1,
    Number(day),
    Number(hour),
    Number(minute),
    Number(second),
  );
  // Date.UTC rolls a thirty-second day over into the next month instead of refusing it.
  const exists =
    new Date(time).getUTCDate() === Number(day) &&
    new Date(time).getUTCMonth() === Number(month) - 1;
  return exists ? time : undefined;
}
