import { describe, expect, it } from 'vitest';
import { stateSchema } from '../../../../src/state/config.js';

const SOUND = {
  type: 'postgres',
  addresses: ['db1.example:5432', 'db2.example'],
  tls: { certificateAuthority: 'ca.pem' },
};

function complaintsAbout(fields: object): string[] {
  const { error } = stateSchema.safeParse({ ...SOUND, ...fields });
  return (error?.issues ?? []).map(({ path, message }) => `${path.join('.')}: ${message}`);
}

describe('the configuration of a state store in PostgreSQL', () => {
  it.each([
    { what: 'names and ports', fields: {} },
    { what: 'addresses of IPv6', fields: { addresses: ['[2001:db8::5]:5432', '[::1]'] } },
    { what: 'a client certificate', fields: { tls: certificate('client.pem', 'client.key') } },
    ...['127.0.0.1:5432', 'localhost', '[::1]:5433'].map((address) => ({
      what: `no TLS to ${address}`,
      fields: { tls: 'off', addresses: [address] },
    })),
    { what: 'a password', fields: { password: 'canary-password' } },
    { what: 'the highest port', fields: { addresses: ['db:65535'] } },
  ])('$what → allowed', ({ fields }) => {
    expect(complaintsAbout(fields)).toEqual([]);
  });

  it.each([
    { what: 'no address', fields: { addresses: [] }, at: /^addresses/ },
    { what: 'a URL', fields: { addresses: ['postgres://db'] }, at: /^addresses\.0/ },
    { what: 'a port that there is not', fields: { addresses: ['db:65536'] }, at: /^addresses\.0/ },
    { what: 'the port 0', fields: { addresses: ['db:0'] }, at: /^addresses\.0/ },
    { what: 'IPv6 without brackets', fields: { addresses: ['2001:db8::5'] }, at: /^addresses\.0/ },
    { what: 'no TLS to elsewhere', fields: { tls: 'off' }, at: /^tls: .*this machine alone/ },
    {
      what: 'no TLS to what looks like this machine',
      fields: { tls: 'off', addresses: ['localhost.example'] },
      at: /^tls/,
    },
    { what: 'no word on TLS', fields: { tls: undefined }, at: /^tls/ },
    { what: 'a certificate without its key', fields: { tls: certificate('a') }, at: /privateKey/ },
    { what: 'a schema to be quoted', fields: { schema: 'Holdfast"; DROP' }, at: /^schema/ },
    { what: 'one connection', fields: { poolSize: 1 }, at: /^poolSize/ },
    { what: 'an empty password', fields: { password: '' }, at: /^password/ },
  ])('$what → refused, with its place', ({ fields, at }) => {
    const complaints = complaintsAbout(fields);
    expect(complaints).toHaveLength(1);
    expect(complaints[0]).toMatch(at);
  });
});

function certificate(path: string, privateKey?: string): object {
  return { certificateAuthority: 'ca.pem', certificate: path, privateKey };
}
