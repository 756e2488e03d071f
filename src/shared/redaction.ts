const WINDOW = 12;
/** Longer texts are cut before they are looked at: their rest is not shown. */
const MAX_TEXT = 2_000;
const IN_PLACE = '[secret]';

/** Secrets wherever they stand: tokens of Vault and OpenBao, and JSON Web Tokens. */
const TOKENS = /\b(?:hv[sbr]|[sbr])\.[\w-]{8,}|\beyJ[\w-]{8,}(?:\.[\w-]*)*/g;

/**
 * A text of somebody else's without the secrets that it may repeat: wholly, or twelve characters of
 * one in a row.
 *
 * @param secrets what must not be shown; shorter ones are looked for as they are
 */
export function redacted(text: string, secrets: Iterable<string>): string {
  const shown = text.slice(0, MAX_TEXT).replace(TOKENS, IN_PLACE);
  const hidden = new Set<number>();
  const windows = windowsOf(shown);
  for (const secret of secrets) {
    if (secret.length > 0 && secret.length < WINDOW) hideAll(shown, secret, hidden);
    for (let at = 0; at + WINDOW <= secret.length; at += 1) {
      for (const start of windows.get(secret.slice(at, at + WINDOW)) ?? []) {
        for (let each = start; each < start + WINDOW; each += 1) hidden.add(each);
      }
    }
  }
  return hidden.size === 0 ? shown : without(shown, hidden);
}

/**
 * An error with nothing but name, code, message, stack and causes: clients keep requests in theirs.
 */
export function bareError(error: unknown, secrets: readonly string[] = []): Error {
  if (!(error instanceof Error)) return new Error(redacted(String(error), secrets));
  const cause = error.cause === undefined ? undefined : { cause: bareError(error.cause, secrets) };
  const bare = new Error(redacted(error.message, secrets), cause);
  bare.name = error.name;
  if (error.stack !== undefined) bare.stack = redacted(error.stack, secrets);
  return 'code' in error ? Object.assign(bare, { code: error.code }) : bare;
}

function windowsOf(text: string): ReadonlyMap<string, readonly number[]> {
  const windows = new Map<string, number[]>();
  for (let at = 0; at + WINDOW <= text.length; at += 1) {
    const window = text.slice(at, at + WINDOW);
    const starts = windows.get(window);
    if (starts === undefined) windows.set(window, [at]);
    else starts.push(at);
  }
  return windows;
}

function hideAll(text: string, secret: string, hidden: Set<number>): void {
  for (let at = text.indexOf(secret); at >= 0; at = text.indexOf(secret, at + 1)) {
    for (let each = at; each < at + secret.length; each += 1) hidden.add(each);
  }
}

function without(text: string, hidden: ReadonlySet<number>): string {
  let shown = '';
  for (let at = 0; at < text.length; at += 1) {
    if (!hidden.has(at)) shown += text[at] ?? '';
    else if (!hidden.has(at - 1)) shown += IN_PLACE;
  }
  return shown;
}
