import { MAX_CHARACTERS } from './bounds.js';
import { InputProblem } from './input-problem.js';

/** Hands on text, and refuses a line that never ends. @throws InputProblem */
export async function* boundedLines(
  texts: AsyncIterable<string>,
): AsyncGenerator<string, void, undefined> {
  let [line, length] = [1, 0];
  for await (const text of texts) {
    let start = 0;
    for (let end = text.indexOf('\n'); end >= 0; end = text.indexOf('\n', start)) {
      limit(line, length + end - start);
      [line, length, start] = [line + 1, 0, end + 1];
    }
    length += text.length - start;
    limit(line, length);
    yield text;
  }
}

/** Divides text into lines, without their ends. @throws InputProblem for one that never ends */
export async function* linesOf(
  texts: AsyncIterable<string>,
): AsyncGenerator<string, void, undefined> {
  let rest = '';
  for await (const text of boundedLines(texts)) {
    const lines = (rest + text).split('\n');
    rest = lines.pop() ?? '';
    yield* lines;
  }
  if (rest !== '') yield rest;
}

function limit(line: number, length: number): void {
  if (length <= MAX_CHARACTERS) return;
  throw new InputProblem(`line ${line}: is longer than ${MAX_CHARACTERS} characters`);
}
