import { splitLines } from '../../../audit/read/line-chunks.js';
import { NotARecordError, parseRecord } from '../../../audit/read/records.js';
import type { AuditRecord } from '../../../audit/record/index.js';
import { timeOf } from '../filter.js';
import { forEachLeaf } from '../leaves.js';
import type { BlockContents, SegmentFile } from '../segment-file.js';
import { assertRecords } from '../not-records.js';
import { BodyWriter } from './body.js';
import { type BlockEntry, encodeBlock, type IndexHead, MAX_RECORDS } from './layout.js';
import { PostingBuilder } from './posting-builder.js';

/** The segment is not one that can have an index. It is searched without. */
export class NotIndexableError extends Error {
  override readonly name = 'NotIndexableError';
}

/** What has been seen of a segment. */
interface Survey {
  readonly blocks: BlockEntry[];
  readonly postings: PostingBuilder;
  records: number;
  notRecords: number;
}

/**
 * Makes the index of a segment that does not change any more.
 *
 * @returns the index's file
 * @throws NotIndexableError, UnreadableError, GzipError; zlib's or the file system's error
 */
export async function buildIndex(file: SegmentFile): Promise<Buffer> {
  const before = await file.identity();
  const survey = await surveyOf(file);
  const sha256 = await file.sha256();
  const after = await file.identity();
  if (after.size !== before.size || after.modifiedNs !== before.modifiedNs) {
    throw new NotIndexableError(`${file.name} is still being written`);
  }
  const segment = { name: before.name, size: before.size, sha256 };
  return encoded(survey, segment, before.modifiedNs);
}

async function surveyOf(file: SegmentFile): Promise<Survey> {
  const survey: Survey = {
    blocks: [],
    postings: new PostingBuilder(),
    records: 0,
    notRecords: 0,
  };
  for await (const block of file.blocks()) {
    survey.blocks.push(surveyBlock(file.path, block, survey));
    if (survey.records > MAX_RECORDS) {
      throw new NotIndexableError(`${file.name} is larger than any segment of Holdfast's`);
    }
  }
  return survey;
}

function surveyBlock(
  path: string,
  { offset, length, text }: BlockContents,
  survey: Survey,
): BlockEntry {
  const bounds = new Bounds();
  const { postings } = survey;
  const first = survey.records;
  for (const line of splitLines(text)) {
    const record = recordOf(line);
    if (record === undefined) {
      survey.notRecords += 1;
      assertRecords(path, survey.notRecords);
      continue;
    }
    const ordinal = survey.records;
    survey.records += 1;
    bounds.include(record);
    forEachLeaf(record, (path, value) => {
      postings.add(path, value, ordinal);
    });
  }
  return { offset, length, records: survey.records - first, ...bounds.values };
}

function recordOf(line: Buffer): AuditRecord | undefined {
  try {
    return parseRecord(line);
  } catch (error) {
    if (error instanceof NotARecordError) return undefined;
    throw error;
  }
}

/** Between what a block's records lie. */
class Bounds {
  readonly values = {
    firstMs: Infinity,
    lastMs: -Infinity,
    lowestSequence: Infinity,
    highestSequence: -Infinity,
  };

  include(record: AuditRecord): void {
    const { values } = this;
    const time = timeOf(record);
    if (time < values.firstMs) values.firstMs = time;
    if (time > values.lastMs) values.lastMs = time;
    const { sequence } = record;
    if (sequence < values.lowestSequence) values.lowestSequence = sequence;
    if (sequence > values.highestSequence) values.highestSequence = sequence;
  }
}

function encoded(survey: Survey, segment: IndexHead['segment'], modifiedNs: bigint): Buffer {
  const body = new BodyWriter();
  const tables = survey.postings.finish(survey.records);
  // What every search reads comes first: it is there with the first bytes.
  const blocks = body.add(Buffer.concat(survey.blocks.map(encodeBlock)));
  const buckets = body.add(tables.buckets);
  const { offset, length } = body.add(tables.postings);
  const values = [...survey.postings.listedValues()].map(([path, texts]) => ({
    path,
    section: body.add(Buffer.from(JSON.stringify(texts))),
  }));
  const { records, notRecords } = survey;
  const postings = { offset, length };
  return body.finish(
    { segment, records, notRecords, blocks, buckets, postings, values },
    modifiedNs,
  );
}
