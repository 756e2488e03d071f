import { gzipSync } from 'node:zlib';
import { decryptEvent, logFile } from '../fixtures.js';
import {
  csv,
  envelope,
  EVENT,
  exported,
  filtered,
  lookedUp,
  queryResults,
  subscription,
  TEXT,
} from './formats.js';

const TWICE = TEXT.replace('"eventName"', '"eventName":"Encrypt","eventName"');
const CASES = TEXT.replace('"eventName"', '"eventname":"Encrypt","eventName"');
const utf16 = (text: string): Buffer => Buffer.from(`\ufeff${text}`, 'utf16le');
const withTime = (eventTime: unknown): string => logFile(EVENT, { ...EVENT, eventTime });
const without = (name: string): string =>
  logFile(EVENT, Object.fromEntries(Object.entries(EVENT).filter(([field]) => field !== name)));
const unchecked = Buffer.concat([gzipSync(logFile(EVENT)), Buffer.from('{"Records":[]}')]);

/**
 * Inputs that no service of AWS delivers, or not whole: title, contents, and what the message
 * names.
 */
export const REFUSED: readonly (readonly [string, string | Buffer, string])[] = [
  ['an empty file', '', 'is empty'],
  ['blanks', ' \n\n', 'is empty'],
  ['gzip of nothing', gzipSync(''), 'is empty'],
  ['text', 'hello\n', 'no column eventJson'],
  ['a zip archive', Buffer.from([0x50, 0x4b, 3, 4, 0xff, 0xfe]), 'zip'],
  ['UTF-16', utf16(logFile(EVENT)), 'UTF-16'],
  ['UTF-16 in gzip', gzipSync(utf16(logFile(EVENT))), 'UTF-16'],
  ['gzip in gzip', gzipSync(gzipSync(logFile(EVENT))), 'gzip in gzip'],
  ['Latin-1', Buffer.from(`{"Records":["\u00e9"]}`, 'latin1'), 'UTF-8'],
  ['a log file that was cut', logFile(EVENT).slice(0, -20), 'line 1, column'],
  ['a log file without its end', logFile(EVENT).slice(0, -2), 'line 1, column'],
  ['a gzip file that was cut', gzipSync(logFile(EVENT)).subarray(0, 200), 'bytes of its contents'],
  ['a gzip file with bytes after it', unchecked, 'is damaged gzip'],
  [
    'a gzip file with zeros after it',
    Buffer.concat([gzipSync('[]'), Buffer.alloc(8)]),
    'after its gzip',
  ],
  ['CSV that was cut', csv(['eventJson'], [TEXT]).slice(0, -30), 'line 2'],
  ['a bracket that is none, in line 3', '{"Records":[\n{},\n{]}\n', 'line 3, column 2'],

  ['another JSON document', '{"logFiles":[{"s3Bucket":"b"}]}', 'it has logFiles'],
  ['a JSON document without an array', '{"Version":"1"}', 'it has Version'],
  ['a number', '[1]', 'record 1'],
  ['an object with nothing', '{}', 'it has nothing'],
  ['Records that is no array', '{"Records":{}}', 'it has Records'],
  [
    'records of something else',
    '{"Records":[{"a":1}]}',
    'record 1: is no CloudTrail event: eventversion',
  ],
  ['a log file with one record of something else', logFile(EVENT, { a: 1 }), 'record 2'],
  ['null among the records', '{"Records":[null]}', 'record 1'],
  [
    'a log file with a field more',
    '{"Records":[],"More":1}',
    'document 1: is not all of a log file',
  ],
  ['a log file with a NextToken', '{"Records":[],"NextToken":"x"}', 'document 1'],
  ['two arrays', `{"Records":[],"Events":[]}`, 'document 1'],
  ['EventBridge in a log file', logFile(envelope()), 'record 1'],
  ['lines, the second of something else', `${TEXT}\n{"a":1}\n`, 'document 2'],
  ['lines, the second no JSON', `${TEXT}\nhello\n`, 'line 2'],
  ['a name twice', `{"Records":[${TEXT},${TWICE}]}`, 'record 2: has the field "eventName" twice'],
  [
    'a name twice but for its letters',
    `{"Records":[${TEXT},${CASES}]}`,
    'record 2: has the field "eventName"',
  ],

  ['lookup-events, one page of several', lookedUp([TEXT], { NextToken: 'x' }), 'NextToken'],
  ['two of those', lookedUp([TEXT], { NextToken: 'x' }).repeat(2), 'document 2: has a NextToken'],
  ['one of those before something else', lookedUp([], { NextToken: 'x' }) + TEXT, 'NextToken'],
  ['one of those before a log file', lookedUp([], { NextToken: 'x' }) + logFile(), 'NextToken'],
  ['lookup-events without the event', '{"Events":[{"EventName":"Decrypt"}]}', 'record 1'],
  ['lookup-events with half an event', lookedUp([TEXT, TEXT.slice(0, -1)]), 'record 2: is no JSON'],
  [
    'lookup-events with an event twice',
    lookedUp([TWICE]),
    'record 1: has the field "eventName" twice',
  ],
  ['lookup-events with two events in one', lookedUp([TEXT + TEXT]), 'record 1'],
  ['lookup-events with an array', lookedUp([`[${TEXT}]`]), 'record 1'],

  ['CSV without eventJson', csv(['eventID', 'a'], ['x', '{keyId=y}']), 'but "eventID", "a"'],
  ['CSV with two eventJson', csv(['eventJson', 'EVENTJSON'], [TEXT, TEXT]), 'two columns'],
  ['CSV with semicolons', `eventID;eventJson\nx;{}\n`, '"eventID;eventJson"'],
  ['CSV with tabs', `eventID\teventJson\nx\t{}\n`, 'eventID\\teventJson'],
  ['CSV with a row too short', csv(['a', 'eventJson'], ['x']), 'line 2'],
  ['CSV with an empty event', csv(['eventJson', 'a'], [TEXT, 'x'], ['', 'x']), 'row 3'],
  ['CSV with columns of Lake for an event', csv(['eventJson'], ['{keyId=x}']), 'row 2'],
  ['query results without eventJson', queryResults([[{ eventID: 'x' }]]), 'record 1'],
  ['query results, one page of several', queryResults([], { NextToken: 'x' }), 'NextToken'],
  ['a query that still runs', queryResults([], { QueryStatus: 'RUNNING' }), 'QueryStatus'],
  [
    'fewer rows than the query has',
    queryResults([[{ eventJson: TEXT }]], { QueryStatistics: { TotalResultsCount: 2 } }),
    '1 rows of 2',
  ],

  ['EventBridge without a part', JSON.stringify(envelope({ account: undefined })), 'account'],
  ['EventBridge with more', JSON.stringify(envelope({ more: 1 })), 'more'],
  ['EventBridge with another detail', JSON.stringify(envelope({ detail: { a: 1 } })), 'record 1'],
  [
    'half of EventBridge’s lines',
    JSON.stringify(envelope()).repeat(2).slice(0, -9),
    'line 1, column',
  ],
  ['a subscription with other messages', subscription([TEXT, 'START RequestId']), 'record 2'],
  ['a subscription without its owner', subscription([TEXT], { owner: undefined }), 'owner'],
  [
    'events in a control message',
    subscription([TEXT], { messageType: 'CONTROL_MESSAGE' }),
    'CONTROL',
  ],
  ['a control message among events', subscription([TEXT, 'CWL CONTROL MESSAGE']), 'DATA_MESSAGE'],
  ['Lambda’s event with something else', '{"awslogs":{"data":"AAAA"}}', 'document 1'],
  ['filter-log-events, one page of several', filtered([TEXT], { nextToken: 'x' }), 'NextToken'],
  [
    'filter-log-events that has not searched all',
    filtered([TEXT], { searchedLogStreams: [{ searchedCompletely: false }] }),
    'searchedCompletely',
  ],
  [
    'get-log-events',
    '{"events":[],"nextForwardToken":"f","nextBackwardToken":"b"}',
    'filter-log-events',
  ],
  ['an export with another line', `${exported(TEXT)}hello\n`, 'line 2'],
  ['an export with another message', exported(TEXT) + exported('hello'), 'line 2'],

  ['an event without a time', without('eventTime'), 'record 2: is no CloudTrail event: eventtime'],
  ['a time without a zone', withTime('2026-03-01T12:00:00'), 'record 2'],
  ['a time of another zone', withTime('2026-03-01T12:00:00+01:00'), 'record 2'],
  ['a time that is a number', withTime(1_772_366_400), 'record 2'],
  ['a day that is none', withTime('2026-02-30T12:00:00Z'), '2026-02-30'],
  ['an hour that is none', withTime('2026-02-20T25:00:00Z'), 'record 2'],
  ['an event without a region', without('awsRegion'), 'awsregion'],
  ['an event without a service', without('eventSource'), 'eventSource'],
  ['an event without a name', without('eventName'), 'eventName'],
  [
    'an event of no account',
    logFile(decryptEvent({ recipientAccountId: undefined, userIdentity: {} })),
    'recipientAccountId',
  ],
  ['a request id that is a number', logFile(decryptEvent({ requestID: 7 })), 'requestid'],
];
