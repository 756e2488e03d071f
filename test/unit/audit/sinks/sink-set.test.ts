import { expect, it, vi } from 'vitest';
import type { SinkConfig } from '../../../../src/audit/sinks/config.js';
import { SinkSet } from '../../../../src/audit/sinks/sink-set.js';
import { systemClock } from '../../../../src/shared/clock.js';
import { captureLog } from '../../../support/log-lines.js';
import { temporaryFolder } from '../../../support/temporary-folder.js';

const RECORDS: SinkConfig = { name: 'out', type: 'stdout', carries: ['records'] };

function sinkSet() {
  const lines: string[] = [];
  const sinks = new SinkSet({
    directory: temporaryFolder(),
    clock: systemClock,
    logger: captureLog().logger,
    stdout: { write: (line) => lines.push(line) },
    onGap: () => undefined,
  });
  const told = (text: string) => {
    sinks.committed(Buffer.from(text));
  };
  return { sinks, lines, told };
}

it('sinks that are configured alike → go on; others begin, and end', async () => {
  const { sinks, lines, told } = sinkSet();
  told('before any');
  sinks.changeTo([RECORDS]);
  const [own] = sinks.all;
  told('a');
  sinks.changeTo([{ ...RECORDS, name: 'more' }, { ...RECORDS }]);
  expect(sinks.all.map(({ name }) => name)).toEqual(['more', 'out']);
  expect(sinks.all[1]).toBe(own);
  told('b');
  sinks.changeTo([{ ...RECORDS, name: 'more', carries: ['checkpoints'] }]);
  await vi.waitFor(() => {
    expect(sinks.all.map(({ name }) => name)).toEqual(['more']);
  });
  told('c');
  expect(lines.toSorted()).toEqual(['a', 'b', 'b']);
  await sinks.close();
});

it.each(['taken away', 'to be closed'])(
  'one that is %s while it ends → does not come back',
  async (how) => {
    const { sinks } = sinkSet();
    sinks.changeTo([RECORDS]);
    sinks.changeTo([{ ...RECORDS, carries: ['checkpoints'] }]);
    if (how === 'taken away') sinks.changeTo([]);
    await sinks.close();
    expect(sinks.all).toEqual([]);
  },
);
