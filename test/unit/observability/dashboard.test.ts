import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { Metrics } from '../../../src/observability/metrics.js';

const read = (path: string) => readFileSync(new URL(`../../../${path}`, import.meta.url), 'utf8');

const dashboard = z
  .object({
    title: z.literal('Holdfast'),
    panels: z.array(
      z.object({
        id: z.int(),
        type: z.enum(['row', 'stat', 'timeseries']),
        title: z.string().min(1),
        gridPos: z.object({ x: z.int(), y: z.int(), w: z.int(), h: z.int() }),
        targets: z.array(z.object({ refId: z.string(), expr: z.string() })).optional(),
      }),
    ),
  })
  .parse(JSON.parse(read('config/grafana/holdfast.json')));

/** The names under which Prometheus stores what a scrape gives it. */
async function servedNames(): Promise<ReadonlySet<string>> {
  const sources = {
    nodeStates: () => Promise.resolve([]),
    encryptionsLeft: () => Promise.resolve([]),
    certificates: () => [],
    standing: () => ({
      ...{
        kind: 'in-step',
        kinds: ['in-step'],
        revision: 0,
        ageSeconds: 0,
        problems: 0,
        leftAside: 0,
      },
    }),
    audit: () => ({ records: 0, isInterrupted: false, sinks: [] }),
    notifications: () => ({ events: [], webhooks: [] }),
    reloads: () => ({
      results: { success: 0 },
      lastSuccessSeconds: 0,
      failed: { files: false },
      generation: 1,
    }),
    policies: () => [],
  };
  const labels = {
    keyStores: [],
    operations: [],
    errorNames: [],
    authenticationFailures: [],
    throttleReasons: [],
  };
  const text = await new Metrics(sources, labels).render();
  const types = [...text.matchAll(/^# TYPE (\w+) (\w+)$/gm)];
  return new Set(
    types.flatMap(([, name = '', type]) =>
      type === 'histogram' ? ['_bucket', '_sum', '_count'].map((end) => name + end) : [name],
    ),
  );
}

function namesIn(text: string): readonly string[] {
  return [...text.matchAll(/\bholdfast_\w+/g)].map(([name]) => name);
}

describe('the names of metrics', () => {
  it.each(['config/grafana/holdfast.json', 'config/prometheus/holdfast.rules.yml'])(
    'in %s → served by the program',
    async (path) => {
      const served = await servedNames();
      const used = namesIn(read(path));
      expect(used.length).toBeGreaterThan(10);
      expect(used.filter((name) => !served.has(name))).toEqual([]);
    },
  );

  it('that the program serves → all on the dashboard', async () => {
    const shown = new Set(namesIn(read('config/grafana/holdfast.json')));
    const hidden = [...(await servedNames())].filter((name) => !shown.has(name));
    expect(hidden).toEqual(['holdfast_request_duration_seconds_sum']);
  });

  it('that the program serves → each in docs/logs-and-metrics.md', async () => {
    const told = new Set(namesIn(read('docs/logs-and-metrics.md')));
    const untold = [...(await servedNames())].filter(
      (name) => !told.has(name) && !told.has(name.replace(/_(bucket|sum|count)$/, '')),
    );
    expect(untold).toEqual([]);
  });
});

describe('the dashboard', () => {
  it('its panels → ids of their own, and no two in one place', () => {
    const { panels } = dashboard;
    expect(new Set(panels.map(({ id }) => id)).size).toBe(panels.length);
    const cells = panels.flatMap(({ gridPos: { x, y, w, h } }) =>
      Array.from({ length: w * h }, (_, at) => `${x + (at % w)} ${y + Math.floor(at / w)}`),
    );
    expect(new Set(cells).size).toBe(cells.length);
    for (const { gridPos } of panels) expect(gridPos.x + gridPos.w).toBeLessThanOrEqual(24);
  });
});
