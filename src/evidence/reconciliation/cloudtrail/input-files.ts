import { readdir, stat } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { unusableInput } from '../input-error.js';

/**
 * Files beside log files in a bucket that hold no events of the API: digests, signatures of query
 * results, statistics of CloudTrail Insights, and the files with which CloudWatch Logs tries a
 * bucket.
 */
const WITHOUT_EVENTS = [
  /_CloudTrail-Digest_/,
  /_CloudTrail-Insight_/,
  /_CloudTrail-Aggregated_/,
  /^result_sign\.json$/,
  /^aws-logs-write-test$/,
];
const DELIVERED = /^(?<account>\d{12})_CloudTrail_(?<region>[a-z]{2}[a-z0-9-]+-\d)_\d{8}T\d{4}Z/;

/** An account and a region. */
export interface Place {
  readonly account: string;
  readonly region: string;
}

/**
 * Names the files to read, folders searched to the bottom, in a fixed order and each once.
 *
 * @param paths files and folders
 * @throws ReconciliationInputError where one is missing, or a folder has no file
 */
export async function listInputFiles(paths: readonly string[]): Promise<readonly string[]> {
  const files = new Set<string>();
  for (const path of paths) {
    const found = await filesAt(path);
    if (found.length === 0) throw unusableInput(path, 'no CloudTrail file is in it');
    for (const file of found) files.add(file);
  }
  return [...files];
}

/**
 * Reads the account and region of a log file from the name that CloudTrail gave it; undefined for
 * a file of another name.
 *
 * @see AWS CloudTrail User Guide, "Finding your CloudTrail log files"
 */
export function placeOfDelivery(file: string): Place | undefined {
  const groups = DELIVERED.exec(basename(file))?.groups;
  const { account, region } = groups ?? {};
  return account === undefined || region === undefined ? undefined : { account, region };
}

async function filesAt(path: string): Promise<string[]> {
  let isFolder: boolean;
  try {
    isFolder = (await stat(path)).isDirectory();
  } catch (cause) {
    throw unusableInput(path, 'cannot be read', { cause });
  }
  return isFolder ? await filesBelow(path) : [path];
}

async function filesBelow(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { withFileTypes: true });
  entries.sort((a, b) => (a.name < b.name ? -1 : 1));
  const files: string[] = [];
  for (const entry of entries) {
    if (entry.name.startsWith('.')) continue;
    const path = join(folder, entry.name);
    if (entry.isDirectory()) files.push(...(await filesBelow(path)));
    else if (!WITHOUT_EVENTS.some((name) => name.test(entry.name))) files.push(path);
  }
  return files;
}
