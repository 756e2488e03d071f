/** What a server said. */
export interface VaultAnswer {
  readonly status: number;
  readonly body: string;
}

/**
 * The value that a JSON text stands for.
 *
 * @returns `undefined`, which no JSON text stands for, where it is none
 */
export function parsedJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
