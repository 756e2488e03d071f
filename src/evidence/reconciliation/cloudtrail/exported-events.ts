import { eventInMessage } from './carriers.js';
import { atPlace, InputProblem } from './input-problem.js';
import type { RawEvent } from './json-events.js';
import { linesOf } from './lines.js';

/** A line of an export of CloudWatch Logs: when, and the message. */
const LINE = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z (?<message>.*?)\r?$/;

/** Tells whether a text begins like an export of CloudWatch Logs to S3. */
export function isExport(text: string): boolean {
  return /^\d{4}-\d\d-\d\dT/.test(text);
}

/**
 * Reads the events in an export of CloudWatch Logs to S3, one a line.
 *
 * @throws InputProblem with its place
 * @see Amazon CloudWatch Logs User Guide, "Exporting log data to Amazon S3"
 */
export async function* exportedEvents(
  texts: AsyncIterable<string>,
): AsyncGenerator<RawEvent, void, undefined> {
  let number = 0;
  for await (const line of linesOf(texts)) {
    number += 1;
    const place = `line ${number}`;
    const message = LINE.exec(line)?.groups?.['message'];
    if (message === undefined) {
      throw new InputProblem(`${place}: is no line of an export of CloudWatch Logs`);
    }
    const event = atPlace(place, () => eventInMessage(message));
    if (event !== undefined) yield { event, place };
  }
}
