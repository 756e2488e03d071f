import { describe, expect, it } from 'vitest';
import { SyslogMessages } from '../../../../../src/audit/sinks/syslog/message.js';

const TIME = '2026-11-22T22:37:27.123Z';

function messages(facility: 'audit' | 'local0' = 'audit'): SyslogMessages {
  return new SyslogMessages({ facility, hostname: 'proxy-1', appName: 'holdfast', processId: 42 });
}

function line(type: string, rest = '', replica = 'a'): Buffer {
  const previous = 'A'.repeat(43) + '=';
  return Buffer.from(
    `{"schema":1,"sequence":7,"previous":"${previous}","time":"${TIME}","replica":"${replica}","type":"${type}"${rest}}`,
  );
}

describe('SyslogMessages', () => {
  it('a record → RFC 5424 under a count of its octets (RFC 5425)', () => {
    const record = line('start');
    const header = `<110>1 ${TIME} proxy-1 holdfast 42 start - `;
    expect(record).toHaveLength(146);
    expect(header).toHaveLength(60);
    expect(messages().records([record]).toString()).toBe(`206 ${header}${record.toString()}`);
  });

  it('several records → one frame after the other, with nothing between', () => {
    const bytes = messages('local0').records([line('start'), line('stop')]);
    expect(bytes.toString()).toBe(
      `206 <134>1 ${TIME} proxy-1 holdfast 42 start - ${line('start').toString()}` +
        `204 <134>1 ${TIME} proxy-1 holdfast 42 stop - ${line('stop').toString()}`,
    );
  });

  it('a checkpoint → the time now, and a line of JSON in ASCII', () => {
    const bytes = messages().checkpoints(['o\n1\nAA==\n\n\u2014 o BB==\n'], TIME);
    const line = String.raw`{"checkpoint":"o\n1\nAA==\n\n\u2014 o BB==\n"}`;
    expect(bytes.toString()).toBe(
      `${65 + line.length} <110>1 ${TIME} proxy-1 holdfast 42 checkpoint - ${line}`,
    );
  });

  it.each([
    ['key-operation', ',"result":"success"', 110],
    ['key-operation', ',"result":"failure"', 108],
    ['administrative-act', ',"result":"failure"', 108],
    ['unauthenticated', ',"result":"failure"', 109],
    ['omitted', '', 109],
    ['gap', '', 108],
    ['recovery', '', 108],
    ['sink-gap', '', 108],
    ['event', ',"severity":"info"', 110],
    ['event', ',"severity":"warning"', 108],
    ['event', ',"severity":"critical"', 106],
    ['key-operation', String.raw`,"cause":"a,\"result\":\"failure\"","result":"success"`, 110],
  ])('%s%s → priority %d', (type, rest, priority) => {
    expect(
      messages()
        .records([line(type, rest)])
        .toString(),
    ).toContain(` <${priority}>1 ${TIME} `);
  });

  it('a replica whose name looks like a type → the type of the record', () => {
    const record = line('start', '', String.raw`x\",\"type\":\"stop`);
    expect(messages().records([record]).toString()).toContain(' 42 start - {');
  });

  it('a line that is no record → sent without time and type', () => {
    expect(
      messages()
        .records([Buffer.from('?')])
        .toString(),
    ).toBe('34 <110>1 - proxy-1 holdfast 42 - - ?');
  });
});
