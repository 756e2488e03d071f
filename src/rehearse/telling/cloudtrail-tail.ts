import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { z } from 'zod';
import { ifThere } from '../../shared/errno.js';

const eventSchema = z.object({
  eventName: z.string(),
  requestID: z.string(),
  errorCode: z.string().optional(),
  additionalEventData: z.record(z.string(), z.unknown()).optional(),
});
const fileSchema = z.object({ Records: z.array(eventSchema) });

/** An event of CloudTrail, as far as a rehearsal looks at it. */
export type CloudTrailEvent = Readonly<z.output<typeof eventSchema>>;

/** The events that CloudTrail delivers to a folder, from a moment on. */
export class CloudTrailTail {
  readonly #bucket: string;
  readonly #seen = new Set<string>();

  constructor(bucket: string) {
    this.#bucket = bucket;
  }

  /** Returns the events since the last time. @throws the file system's error, or ZodError */
  async take(): Promise<readonly CloudTrailEvent[]> {
    const events: CloudTrailEvent[] = [];
    for (const path of await this.#files()) {
      if (this.#seen.has(path)) continue;
      this.#seen.add(path);
      const text = gunzipSync(await readFile(path)).toString();
      events.push(...fileSchema.parse(JSON.parse(text)).Records);
    }
    return events;
  }

  async #files(): Promise<readonly string[]> {
    const names = (await ifThere(readdir(this.#bucket, { recursive: true }))) ?? [];
    return names
      .filter((name) => name.endsWith('.json.gz'))
      .map((name) => join(this.#bucket, name));
  }
}
