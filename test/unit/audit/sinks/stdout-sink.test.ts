import { describe, expect, it } from 'vitest';
import type { Carried } from '../../../../src/audit/sinks/config.js';
import { StdoutSink } from '../../../../src/audit/sinks/stdout-sink.js';

const LINES = '{"schema":1,"sequence":0}\n{"schema":1,"sequence":1}\n';
const NOTE = 'log.example/1\n2\nAAAA\n\n\u2014 log.example/1 BBBB\n';

function written(carries: Carried): string {
  let text = '';
  const stdout = {
    write: (line: string) => {
      text += line;
    },
  };
  const sink = new StdoutSink({ name: 'out', carries, stdout });
  sink.committed(Buffer.from(LINES));
  sink.checkpoint(NOTE);
  return text;
}

describe('StdoutSink', () => {
  it('records → the lines as they are', () => {
    expect(written(['records'])).toBe(LINES);
  });

  it('checkpoints → a line of ASCII each, which gives back the note', () => {
    const line = written(['checkpoints']);
    expect(line).toBe(
      String.raw`{"checkpoint":"log.example/1\n2\nAAAA\n\n\u2014 log.example/1 BBBB\n"}` + '\n',
    );
    expect(JSON.parse(line)).toEqual({ checkpoint: NOTE });
  });
});
