import { describe, expect, it, vi } from 'vitest';
import type { Cedar } from '../../../src/authorization/cedar/cedar.js';
import { CedarEngine, CedarError } from '../../../src/authorization/cedar/engine.js';
import { NoSlotError, PolicySlots } from '../../../src/authorization/cedar/slots.js';
import { sampleRequest } from '../../../src/authorization/request.js';
import { cedar, openAuthorizer, policySource } from '../../support/policies.js';

const PERMIT = { all: 'permit(principal, action, resource);' };
const REQUEST = {
  principal: { type: 'Principal', id: 'a' },
  action: { type: 'Action', id: 'Encrypt' },
  resource: { type: 'Key', id: 'k' },
  context: {},
  entities: [],
};

/** Cedar that traps once it is told to, and an engine on it that can be given another one. */
function trapping() {
  let traps = false;
  const broken: Cedar = {
    ...cedar,
    statefulIsAuthorized(call) {
      if (traps) throw new Error('memory access out of bounds');
      return cedar.statefulIsAuthorized(call);
    },
  };
  const make = vi.fn<() => Cedar>().mockReturnValueOnce(broken).mockReturnValue(cedar);
  const trap = () => {
    traps = true;
  };
  return { engine: new CedarEngine({ monotonic: () => 0 }, make), make, trap };
}

describe('an instance of Cedar that traps', () => {
  it('no answer then, and the same answers from another instance afterwards', async () => {
    const { engine, make, trap } = trapping();
    engine.put('trap/all', PERMIT);
    expect(engine.evaluate('trap/all', REQUEST).decision).toBe('allow');
    trap();
    expect(() => engine.evaluate('trap/all', REQUEST)).toThrow(CedarError);
    expect(() => engine.evaluate('trap/all', REQUEST)).toThrow('trapped before');
    await vi.waitFor(() => {
      expect(make).toHaveBeenCalledTimes(2);
    });
    expect(engine.evaluate('trap/all', REQUEST).decision).toBe('allow');
  });

  it('policies that it could not parse, or that came amid it → are not in the next instance', async () => {
    const { engine, trap } = trapping();
    engine.put('next/all', PERMIT);
    expect(() => {
      engine.put('next/broken', { broken: 'permit(' });
    }).toThrow(CedarError);
    trap();
    expect(() => engine.evaluate('next/all', REQUEST)).toThrow(CedarError);
    expect(() => {
      engine.put('next/late', PERMIT);
    }).toThrow('trapped before');
    await vi.waitFor(() => {
      expect(engine.evaluate('next/all', REQUEST).decision).toBe('allow');
    });
  });
});

describe('the slots of an engine', () => {
  it('two generations at once, and a third once one has drained; what it had is freed', () => {
    const engine = new CedarEngine({ monotonic: () => 0 }, () => cedar);
    const slots = new PolicySlots(engine);
    const first = slots.claim();
    const name = first.put(PERMIT);
    slots.claim();
    expect(() => slots.claim()).toThrow(NoSlotError);
    first.release();
    expect(engine.evaluate(name, REQUEST).decision).toBe('deny');
    expect(slots.claim().put(PERMIT)).toBe(name);
  });
});

describe('evaluation in a loop', () => {
  it('V8 optimises it and takes that back → the process goes on', async () => {
    for (const text of ['', ' when { context.localHour < 24 }']) {
      const source = policySource(`permit(principal, action, resource)${text};`);
      const authorizer = await openAuthorizer(source);
      const request = sampleRequest('store');
      for (let round = 0; round < 22_000; round += 1) {
        const hour = round < 2_000 ? round : 0;
        authorizer.decide({ ...request, now: hour * 3_600_000 });
      }
      expect(authorizer.decide(request).decision).toBe('allowed');
    }
  });
});
