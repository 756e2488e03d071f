import { hostname } from 'node:os';
import { join } from 'node:path';
import type { LogDestination } from '../../observability/log-destination.js';
import type { Logger } from '../../observability/logger.js';
import { Backoff } from '../../shared/backoff.js';
import type { Clock } from '../../shared/clock.js';
import { IsoTime } from '../../shared/iso-time.js';
import type { SinkConfig, SyslogSinkConfig } from './config.js';
import { LogFeed } from './feed/log-feed.js';
import type { AuditSink } from './sink.js';
import { StdoutSink } from './stdout-sink.js';
import { LinkState } from './syslog/attempts.js';
import { SyslogConnection, syslogTlsOptions } from './syslog/connection.js';
import { CursorFile } from './syslog/cursor-file.js';
import { Delivery } from './syslog/delivery.js';
import { SyslogMessages } from './syslog/message.js';
import { SyslogSink } from './syslog/syslog-sink.js';

/** Bounds of the wait before a collector is tried again. */
const BACKOFF = { firstMs: 100, longestMs: 30_000 };

/** The surroundings of sinks. */
export interface SinkPorts {
  /** The folder of the log. Sinks keep their places in its folder `sinks`. */
  readonly directory: string;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly stdout: LogDestination;
  /** Records in the log that a sink was not sent some records, and will not be. */
  readonly onGap: (sink: string, firstSequence: number, lastSequence: number) => void;
}

/** Makes a sink. It begins with the first lines that it is told of. */
export function createSink(config: SinkConfig, ports: SinkPorts): AuditSink {
  if (config.type === 'syslog') return createSyslogSink(config, ports);
  const { name, carries } = config;
  return new StdoutSink({ name, carries, stdout: ports.stdout });
}

function createSyslogSink(config: SyslogSinkConfig, ports: SinkPorts): SyslogSink {
  const { name, host, port, carries, bufferBytes, facility, appName } = config;
  const { directory, clock, logger, onGap } = ports;
  const feed = new LogFeed({
    directory,
    carries,
    bufferBytes,
    onGap: (firstSequence, lastSequence) => {
      logger.warn({ sink: name, firstSequence, lastSequence }, 'the audit sink was too far behind');
      onGap(name, firstSequence, lastSequence);
    },
  });
  const messages = new SyslogMessages({
    facility,
    hostname: config.hostname ?? (hostname() || '-'),
    appName,
    processId: process.pid,
  });
  const time = new IsoTime(clock);
  return new SyslogSink({
    name,
    feed,
    delivery: new Delivery(feed, messages, () => time.now()),
    cursor: new CursorFile(join(directory, 'sinks', `${name}.json`)),
    backoff: new Backoff(Math.random, BACKOFF),
    link: new LinkState(logger, { sink: name, host, port }),
    logger,
    connect: async (onLost) => new SyslogConnection(await syslogTlsOptions(config), onLost),
  });
}
