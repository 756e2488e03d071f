import { describe, expect, it } from 'vitest';
import { isShort, planDescriptors } from '../../../src/composition/descriptors.js';

const needs = { limit: 20_000, open: 30, backends: 64, listeners: [4_096, 4_096] };

describe('what a process may open', () => {
  it('is enough → listeners get what is configured', () => {
    const plan = planDescriptors(needs);
    expect(plan.connections).toEqual([4_096, 4_096]);
    expect(isShort(plan)).toBe(false);
  });

  it.each([128, 256, 1_024, 4_096, 8_192])(
    '%i, too few → what others need is kept back from the connections',
    (limit) => {
      const plan = planDescriptors({ ...needs, limit });
      expect(isShort(plan)).toBe(true);
      const connections = plan.connections.reduce((sum, each) => sum + each, 0);
      expect(plan.connections.every((each) => each >= 1)).toBe(true);
      expect(connections + needs.open + 32).toBeLessThan(limit);
    },
  );

  it('hardly anything → one connection each', () => {
    expect(planDescriptors({ ...needs, limit: 40 }).connections).toEqual([1, 1]);
  });

  it('is divided as the configuration divides it', () => {
    const { connections } = planDescriptors({ ...needs, limit: 1_024, listeners: [3_000, 1_000] });
    expect(Math.round((connections[0] ?? 0) / (connections[1] ?? 1))).toBe(3);
  });
});
