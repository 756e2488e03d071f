import { describe, expect, it } from 'vitest';
import { EVENT_FIELDS } from '../../../src/notifications/event-fields.js';
import { definitionOf, EVENTS, type EventName } from '../../../src/notifications/events.js';

const names = Object.keys(EVENTS) as EventName[];

describe('the list of events', () => {
  it.each(names)('%s names each of its fields once', (name) => {
    const { subject, fields, optional } = definitionOf(name);
    const all = [...subject, ...fields, ...optional];
    expect(new Set(all).size).toBe(all.length);
    expect(subject.length).toBeGreaterThan(0);
  });

  it.each(names)('%s is thinned by fields that it has', (name) => {
    const { fields, optional, thinnedBy = [] } = definitionOf(name);
    expect([...fields, ...optional]).toEqual(expect.arrayContaining([...thinnedBy]));
  });

  it.each(names)('%s is told in one sentence', (name) => {
    expect(definitionOf(name).sentence).toMatch(/^[A-Z][^.]*\.$/);
  });

  it('has a field for nothing but an event', () => {
    const used = names.flatMap((name) => {
      const { subject, fields, optional } = definitionOf(name);
      return [...subject, ...fields, ...optional];
    });
    expect(new Set([...used, 'repeated'])).toEqual(new Set(Object.keys(EVENT_FIELDS)));
  });
});
