import { readdirSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { writeFileAtomically } from '../../../src/durable/atomic-write.js';
import { EventQueue, type EventQueuePorts } from '../../../src/notifications/event-queue.js';
import { captureLog } from '../../support/log-lines.js';
import { temporaryFolder } from '../../support/temporary-folder.js';

async function openQueue(folder: string, overrides: Partial<EventQueuePorts> = {}) {
  const log = captureLog();
  let overflows = 0;
  const queue = await EventQueue.open({
    folder,
    maxEvents: 10,
    log: log.logger,
    writeFile: writeFileAtomically,
    onOverflow: () => {
      overflows += 1;
    },
    ...overrides,
  });
  return { queue, log, overflows: () => overflows };
}

/** Everything that waits, oldest first. */
async function drain(queue: EventQueue): Promise<string[]> {
  const bodies: string[] = [];
  for (let event = await queue.first(); event !== undefined; event = await queue.first()) {
    bodies.push(event.body);
    queue.remove(event.number);
  }
  return bodies;
}

describe('EventQueue', () => {
  it('events → in their order, and no file left of what was removed', async () => {
    const folder = temporaryFolder();
    const { queue } = await openQueue(folder);
    for (const body of ['a', 'b', 'c']) queue.add(body);
    expect(queue.length).toBe(3);
    expect(await drain(queue)).toEqual(['a', 'b', 'c']);
    await queue.settle();
    expect(readdirSync(folder)).toEqual([]);
  });

  it('a process that ends without a word → the next one has every event, in order', async () => {
    const folder = temporaryFolder();
    const { queue } = await openQueue(folder);
    for (let at = 0; at < 5; at += 1) queue.add(String(at));
    const first = await queue.first();
    queue.remove(first?.number ?? -1);
    await queue.settle();
    const { queue: next } = await openQueue(folder);
    expect(next.length).toBe(4);
    next.add('5');
    expect(await drain(next)).toEqual(['1', '2', '3', '4', '5']);
  });

  it('what a crash has left of a write → removed, and no event', async () => {
    const folder = temporaryFolder();
    writeFileSync(join(folder, '000000000001.json.0.tmp'), '{"id":');
    writeFileSync(join(folder, '000000000002.json'), 'whole');
    const { queue } = await openQueue(folder);
    expect(await drain(queue)).toEqual(['whole']);
    await queue.settle();
    expect(readdirSync(folder)).toEqual([]);
  });

  it('more events than may wait → the oldest are given up, and said to be', async () => {
    const folder = temporaryFolder();
    const { queue, overflows } = await openQueue(folder);
    for (let at = 0; at < 25; at += 1) queue.add(String(at));
    expect(queue.length).toBe(10);
    expect(overflows()).toBe(15);
    await queue.settle();
    expect(readdirSync(folder)).toHaveLength(10);
    expect((await drain(queue))[0]).toBe('15');
  });

  it('a disk that takes nothing → events are kept in memory, and it is told once', async () => {
    const folder = temporaryFolder();
    const full = Object.assign(new Error('no space left'), { code: 'ENOSPC' });
    const { queue, log } = await openQueue(folder, { writeFile: () => Promise.reject(full) });
    for (const body of ['a', 'b', 'c']) queue.add(body);
    expect(await drain(queue)).toEqual(['a', 'b', 'c']);
    expect(log.lines().map(({ level }) => level)).toEqual(['error']);
  });

  it('an event whose file is gone → passed over', async () => {
    const folder = temporaryFolder();
    writeFileSync(join(folder, '000000000001.json'), 'a');
    const { queue } = await openQueue(folder);
    const { queue: other } = await openQueue(folder);
    expect(await drain(other)).toEqual(['a']);
    await other.settle();
    expect(await queue.first()).toBeUndefined();
    expect(queue.length).toBe(0);
  });

  it('folder and files → open to their owner alone', async () => {
    const folder = join(temporaryFolder(), 'queue');
    const { queue } = await openQueue(folder);
    queue.add('a');
    await queue.settle();
    const [file = ''] = readdirSync(folder);
    expect(statSync(folder).mode & 0o777).toBe(0o700);
    expect(statSync(join(folder, file)).mode & 0o777).toBe(0o600);
  });
});
