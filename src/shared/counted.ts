/**
 * Writes a number with the thing that it counts: `1 policy`, `2 policies`.
 *
 * @param number a whole one, or what is left of one written for people
 * @param many the word for every number but one; with an `s` where there is nothing else to say
 */
export function counted(number: number, one: string, many = `${one}s`): string {
  return `${String(number)} ${number === 1 ? one : many}`;
}
