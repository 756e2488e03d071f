import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { NodeHealth } from '../../../../src/key-managers/backend.js';
import { HealthMonitor } from '../../../../src/key-managers/nodes/health-monitor.js';
import { Deadline } from '../../../../src/shared/deadline.js';
import { FakeClock, fakeNode } from './fake-node.js';

const ACTIVE: NodeHealth = { status: 'ACTIVE' };
const DEGRADED: NodeHealth = { status: 'DEGRADED', detail: 'one key is damaged' };

let clock: FakeClock;
let monitors: HealthMonitor[];

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] });
  clock = new FakeClock();
  monitors = [];
});

afterEach(() => {
  for (const monitor of monitors) monitor.stop();
  vi.useRealTimers();
});

/** A monitor of a node whose checks a test ends one by one. */
function watch() {
  const pending: ((health: NodeHealth) => void)[] = [];
  const checkHealth = vi.fn(() => new Promise<NodeHealth>((resolve) => pending.push(resolve)));
  const changes: NodeHealth[] = [];
  const monitor = new HealthMonitor([fakeNode({ checkHealth })], clock, (_node, health) => {
    changes.push(health);
  });
  monitors.push(monitor);
  const ask = async (budgetMs = 10_000) => {
    const [health] = await monitor.current(Deadline.after(clock, budgetMs));
    return health;
  };
  const answer = (health: NodeHealth) => {
    pending.shift()?.(health);
  };
  return { ask, answer, checkHealth, changes, monitor };
}

/** A monitor that knows of one check, begun at 0 ms. */
async function watchChecked(health: NodeHealth) {
  const watched = watch();
  const first = watched.ask();
  watched.answer(health);
  await first;
  return watched;
}

describe('a result', () => {
  it('is handed out for 60 s after its check began, without another check', async () => {
    const { ask, checkHealth } = await watchChecked(ACTIVE);
    clock.elapsedMs = 60_000;
    expect(await ask()).toEqual(ACTIVE);
    expect(checkHealth).toHaveBeenCalledOnce();
  });

  it('that is older is not handed out: a new check decides', async () => {
    const { ask, answer, checkHealth } = await watchChecked(ACTIVE);
    clock.elapsedMs = 60_001;
    const health = ask();
    expect(checkHealth).toHaveBeenCalledTimes(2);
    answer(DEGRADED);
    expect(await health).toEqual(DEGRADED);
  });

  it('is refreshed in the background', async () => {
    const { ask, answer, checkHealth } = await watchChecked(ACTIVE);
    clock.elapsedMs = 20_000;
    vi.advanceTimersByTime(20_000);
    expect(checkHealth).toHaveBeenCalledTimes(2);
    answer(DEGRADED);
    await vi.waitFor(async () => {
      expect(await ask()).toEqual(DEGRADED);
    });
  });
});

describe('a check', () => {
  it('is shared by all who ask while it runs', async () => {
    const { ask, answer, checkHealth } = watch();
    const answers = [ask(), ask(), ask()];
    vi.advanceTimersByTime(60_000);
    expect(checkHealth).toHaveBeenCalledOnce();
    answer(ACTIVE);
    expect(await Promise.all(answers)).toEqual([ACTIVE, ACTIVE, ACTIVE]);
  });

  it('that does not end before the deadline is UNAVAILABLE for who asked, and goes on', async () => {
    const { ask, answer, checkHealth, changes } = watch();
    expect(await ask(1)).toMatchObject({ status: 'UNAVAILABLE' });
    const health = ask();
    answer(ACTIVE);
    expect(await health).toEqual(ACTIVE);
    expect(checkHealth).toHaveBeenCalledOnce();
    expect(changes).toEqual([ACTIVE]);
  });

  it('is not waited for when the deadline has already passed', async () => {
    const { ask } = watch();
    expect(await ask(0)).toMatchObject({ status: 'UNAVAILABLE' });
  });

  it('is not begun any more after stop', () => {
    const { monitor, checkHealth } = watch();
    monitor.stop();
    vi.advanceTimersByTime(60_000);
    expect(checkHealth).not.toHaveBeenCalled();
  });
});

it('a change is told once: of the status, of the detail, and the first of all', async () => {
  const { ask, answer, changes } = watch();
  const otherDetail: NodeHealth = { status: 'DEGRADED', detail: 'two keys are damaged' };
  for (const health of [ACTIVE, ACTIVE, DEGRADED, DEGRADED, otherDetail, ACTIVE]) {
    clock.elapsedMs += 60_001;
    const asked = ask();
    answer(health);
    await asked;
  }
  expect(changes).toEqual([ACTIVE, DEGRADED, otherDetail, ACTIVE]);
});
