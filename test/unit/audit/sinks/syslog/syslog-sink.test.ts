import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pino } from 'pino';
import { describe, expect, it } from 'vitest';
import { LogFeed } from '../../../../../src/audit/sinks/feed/log-feed.js';
import type { Position } from '../../../../../src/audit/sinks/feed/position.js';
import { LinkState } from '../../../../../src/audit/sinks/syslog/attempts.js';
import { Backoff } from '../../../../../src/shared/backoff.js';
import type { SyslogConnection } from '../../../../../src/audit/sinks/syslog/connection.js';
import { CursorFile } from '../../../../../src/audit/sinks/syslog/cursor-file.js';
import { Delivery } from '../../../../../src/audit/sinks/syslog/delivery.js';
import { SyslogMessages } from '../../../../../src/audit/sinks/syslog/message.js';
import { SyslogSink } from '../../../../../src/audit/sinks/syslog/syslog-sink.js';
import { ShippedLog } from '../../../../support/shipped-log.js';
import { temporaryFolder } from '../../../../support/temporary-folder.js';

const FURTHER_ON =
  'the audit sink was further on than the log is; it gets the log from its beginning';

/** A log of 11 records and a checkpoint over 11. */
async function makeLog(): Promise<ShippedLog> {
  const log = await ShippedLog.open(temporaryFolder(), []);
  await log.add(10);
  await log.close();
  return log;
}

/** Runs a sink that kept a place until it has sent everything, to a collector that takes all. */
async function ship(log: ShippedLog, place: Position) {
  const path = join(temporaryFolder(), 'siem.json');
  writeFileSync(path, JSON.stringify(place));
  const cursor = new CursorFile(path);
  const logged: string[] = [];
  const logger = pino({ base: null }, { write: (line: string) => void logged.push(line) });
  const feed = new LogFeed({
    directory: log.directory,
    carries: ['records', 'checkpoints'],
    bufferBytes: 1_000_000_000,
    onGap: () => undefined,
  });
  const messages = new SyslogMessages({
    facility: 'audit',
    hostname: 'h',
    appName: 'a',
    processId: 1,
  });
  const sent: string[] = [];
  const connection: Partial<SyslogConnection> = {
    failure: undefined,
    open: () => Promise.resolve(),
    send: (bytes) => Promise.resolve(void sent.push(bytes.toString())),
    finish: () => Promise.resolve(true),
    destroy: () => undefined,
  };
  const sink = new SyslogSink({
    name: 'siem',
    feed,
    delivery: new Delivery(feed, messages, () => '2026-03-01T12:00:00.000Z'),
    cursor,
    backoff: new Backoff(Math.random, { firstMs: 100, longestMs: 30_000 }),
    link: new LinkState(logger, { sink: 'siem', host: 'localhost', port: 6514 }),
    logger,
    connect: () => Promise.resolve(connection as SyslogConnection),
  });
  const lines = await log.lines();
  sink.committed(Buffer.from(`${lines.at(-1) ?? ''}\n`));
  await sink.close();
  const text = sent.join('');
  return {
    records: lines.filter((line) => text.includes(line)).length,
    checkpoints: text.split('{"checkpoint":').length - 1,
    logged: logged.map((line) => (JSON.parse(line) as { msg: string }).msg),
    place: await cursor.read(),
  };
}

describe('the place that a syslog sink keeps', () => {
  const atEnd = { record: 11, checkpoint: 11 };

  it.each([
    ['at the end of the log', atEnd, { records: 0, logged: [] }],
    ['before records', { record: 4, checkpoint: 0 }, { records: 7, logged: [] }],
    [
      'behind the last record',
      { record: 12, checkpoint: 0 },
      { records: 11, logged: [FURTHER_ON] },
    ],
    [
      'behind every checkpoint that there can be',
      { record: 0, checkpoint: Number.MAX_SAFE_INTEGER },
      { records: 11, logged: [FURTHER_ON] },
    ],
    [
      'at the end, behind every checkpoint that there can be',
      { record: 11, checkpoint: Number.MAX_SAFE_INTEGER },
      { records: 11, logged: [FURTHER_ON] },
    ],
  ])('%s → the newest checkpoint is sent', async (_, place, expected) => {
    expect(await ship(await makeLog(), place)).toEqual({
      ...expected,
      checkpoints: 1,
      place: atEnd,
    });
  });
});
