import { describe, expect, it } from 'vitest';
import { notificationsSchema } from '../../../src/notifications/config.js';

const secret = `whsec_${Buffer.alloc(32, 7).toString('base64')}`;
const siem = { name: 'siem', url: 'https://siem.example/events', secret };

describe('notifications in the configuration', () => {
  it('nothing → no webhook', () => {
    expect(notificationsSchema.parse(undefined)).toEqual({ webhooks: [] });
  });

  it('what a webhook must have → the defaults for the rest', () => {
    const [webhook] = notificationsSchema.parse({ webhooks: [siem] }).webhooks;
    expect(webhook).toMatchObject({ name: 'siem', url: siem.url, maxQueued: 10_000 });
    expect(String(webhook?.secret)).toBe('[secret]');
  });

  it.each([
    'https://siem.example',
    'https://siem.example:8443/a/b?c=d',
    'https://[2001:db8::1]:8443/',
    'http://127.0.0.1:9000/events',
    'http://localhost/events',
    'http://[::1]/events',
  ])('%s → taken', (url) => {
    expect(notificationsSchema.safeParse({ webhooks: [{ ...siem, url }] }).success).toBe(true);
  });

  it.each([
    'http://siem.example/events',
    'http://127.0.0.1.example/events',
    'http://127.0.0.2/',
    'https://user:password@siem.example/',
    'https://siem.example/#part',
    'https://siem.example:99999/',
    'https://siem.example/a b',
    'https://siem.example\n/',
    'https://',
    'ftp://siem.example/',
    'siem.example',
  ])('%j → refused', (url) => {
    const { error } = notificationsSchema.safeParse({ webhooks: [{ ...siem, url }] });
    expect(error?.issues[0]?.path).toEqual(['webhooks', 0, 'url']);
  });

  it.each([
    ['too short', `whsec_${Buffer.alloc(23).toString('base64')}`],
    ['too long', `whsec_${Buffer.alloc(66).toString('base64')}`],
    ['without its prefix', Buffer.alloc(32).toString('base64')],
    ['no base64', `whsec_${'-'.repeat(44)}`],
    ['empty', ''],
  ])('a secret that is %s → refused, without a word of it', (_, text) => {
    const { error } = notificationsSchema.safeParse({ webhooks: [{ ...siem, secret: text }] });
    expect(error?.issues[0]?.path).toEqual(['webhooks', 0, 'secret']);
    if (text !== '') expect(error?.message).not.toContain(text);
  });

  it.each([24, 32, 64])('a secret of %d bytes → taken', (bytes) => {
    const text = `whsec_${Buffer.alloc(bytes, 255).toString('base64')}`;
    const webhooks = [{ ...siem, secret: text, previousSecret: text }];
    expect(notificationsSchema.safeParse({ webhooks }).success).toBe(true);
  });

  it.each([
    ['no events', { events: [] }, ['webhooks', 0, 'events']],
    ['an event that is none', { events: ['key-lost'] }, ['webhooks', 0, 'events', 0]],
    ['a name that leads out of the folder', { name: '../x' }, ['webhooks', 0, 'name']],
    ['a queue of none', { maxQueued: 0 }, ['webhooks', 0, 'maxQueued']],
  ])('%s → refused there', (_, fields, path) => {
    const { error } = notificationsSchema.safeParse({ webhooks: [{ ...siem, ...fields }] });
    expect(error?.issues[0]?.path).toEqual(path);
  });
});
