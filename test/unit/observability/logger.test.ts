import { createReadStream, openSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeEach, describe, expect, it, onTestFinished, vi } from 'vitest';
import { fullPipe } from '../../support/stuck-output.js';
import { BufferedDestination } from '../../../src/observability/log-destination.js';
import { logSchema } from '../../../src/observability/config.js';
import { createLogger } from '../../../src/observability/logger.js';
import { declareLoggers } from '../../../src/observability/loggers.js';
import { systemClock } from '../../../src/shared/clock.js';
import { Secret } from '../../../src/shared/secret.js';
import { captureLog } from '../../support/log-lines.js';
import { requestEntry } from '../../support/request-entry.js';
import { temporaryFolder } from '../../support/temporary-folder.js';

describe('createLogger', () => {
  it('a level above the message → nothing is written', () => {
    const lines: string[] = [];
    const logger = createLogger({ level: 'warn' }, { write: (line) => lines.push(line) });
    logger.info('not this');
    logger.warn('this');
    expect(lines).toHaveLength(1);
  });

  it('a secret among the fields → not its text', () => {
    const log = captureLog();
    log.logger.info({ credential: new Secret('hunter2hunter2') }, 'added');
    expect(log.text()).not.toContain('hunter2');
    expect(log.lines()).toMatchObject([{ credential: '[secret]', msg: 'added' }]);
  });

  it('half of a surrogate pair in a message, a field or its name → U+FFFD in the line', () => {
    const log = captureLog();
    log.logger.child({ of: '\udc00' }).info({ ['name\ud800']: ['text\ud800'] }, 'message\udfff');
    expect(log.text()).not.toMatch(/\\ud[89a-f]/i);
    expect(log.lines()).toMatchObject([
      { of: '\ufffd', 'name\ufffd': ['text\ufffd'], msg: 'message\ufffd' },
    ]);
  });

  it('a declared logger → its lines say which one it is', () => {
    const log = captureLog();
    declareLoggers({ level: 'info' }, false, log.destination, systemClock).keyManager.warn('slow');
    expect(log.lines()).toMatchObject([{ component: 'key-manager', level: 'warn' }]);
  });
});

describe('another configuration of the log', () => {
  it('a lower level → counts for every logger, also those that were made of others before', () => {
    const log = captureLog();
    const loggers = declareLoggers({ level: 'warn' }, false, log.destination, systemClock);
    const made = loggers.keyManager.child({ keyManager: 'hsm' });
    made.debug('before');
    loggers.configure({ level: 'debug' });
    made.debug('after');
    loggers.keyManager.child({ keyManager: 'new' }).debug('made after');
    loggers.configure({ level: 'error' });
    made.warn('too much');
    expect(log.lines().map(({ msg }) => msg)).toEqual(['after', 'made after']);
  });

  it('other requests → counts for the requests that end afterwards', () => {
    const log = captureLog();
    const loggers = declareLoggers({ level: 'info' }, true, log.destination, systemClock);
    const request = requestEntry({ status: 200 });
    loggers.requests.write(request);
    loggers.configure({ level: 'info', requests: 'all' });
    loggers.requests.write(request);
    loggers.configure({ level: 'info' });
    loggers.requests.write(request);
    expect(log.lines()).toHaveLength(1);
  });
});

describe('logSchema', () => {
  it('nothing configured → info', () => {
    expect(logSchema.parse(undefined)).toEqual({ level: 'info' });
  });

  it.each([{ level: 'loud' }, { level: 'info', file: 'x' }])('%o → refused', (config) => {
    expect(logSchema.safeParse(config).success).toBe(false);
  });
});

describe('BufferedDestination', () => {
  let path: string;
  let fileDescriptor: number;

  beforeEach(() => {
    path = join(temporaryFolder(), 'log');
    fileDescriptor = openSync(path, 'w');
  });

  it('a few lines → in the file a moment later, in order', async () => {
    const destination = new BufferedDestination(fileDescriptor);
    destination.write('one\n');
    destination.write('two\n');
    expect(readFileSync(path, 'utf8')).toBe('');
    await vi.waitFor(() => {
      expect(readFileSync(path, 'utf8')).toBe('one\ntwo\n');
    });
  });

  it('flushed → in the file at once', () => {
    const destination = new BufferedDestination(fileDescriptor);
    destination.write('last words\n');
    destination.flushSync();
    expect(readFileSync(path, 'utf8')).toBe('last words\n');
  });

  it('many lines at once → none lost, none torn', async () => {
    const destination = new BufferedDestination(fileDescriptor);
    const lines = Array.from({ length: 5_000 }, (_, i) => `line ${String(i)} of many\n`);
    for (const line of lines) destination.write(line);
    await vi.waitFor(() => {
      expect(readFileSync(path, 'utf8')).toBe(lines.join(''));
    });
  });

  it('a pipe that is full for a while → no line lost, torn or out of order', async () => {
    const pipe = fullPipe();
    const destination = new BufferedDestination(pipe);
    const lines = Array.from({ length: 20_000 }, (_, i) => `line ${String(i)} of many\n`);
    for (const line of lines) destination.write(line);
    const reader = createReadStream(`/proc/self/fd/${String(pipe)}`);
    onTestFinished(() => {
      reader.destroy();
    });
    let text = '';
    reader.on('data', (chunk) => (text += chunk.toString()));
    await vi.waitFor(() => {
      expect(text.replace(/^x+/, '')).toBe(lines.join(''));
    });
  });
});
