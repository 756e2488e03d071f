import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { type Difference, differencesOf } from '../../../src/configuration/changes/differences.js';
import { FIELD_CHANGES, fieldChangeOf } from '../../../src/configuration/changes/field-changes.js';
import { digestsOf } from '../../../src/configuration/changes/file-digests.js';
import { configurationSchema } from '../../../src/configuration/schema.js';
import { configuredValues } from '../../../src/configuration/settings.js';
import { Secret } from '../../../src/shared/secret.js';
import { temporaryFolder } from '../../support/temporary-folder.js';

const NO_FILES = new Map<string, string>();

function compared(configuration: object, references: Readonly<Record<string, string>> = {}) {
  const byKey = new Map(Object.entries(references));
  return { values: configuredValues(configuration, byKey), digests: NO_FILES };
}

function difference(before: object, after: object): readonly Difference[] {
  return differencesOf(compared(before), compared(after));
}

const store = (name: string, fields: object = {}) => ({ name, keyManager: 'files', ...fields });
const node = (name: string) => ({ name, address: `https://${name}` });

describe('differencesOf', () => {
  it.each<[string, object, object, readonly Partial<Difference>[]]>([
    ['the same', { a: 1, list: [store('x')] }, { a: 1, list: [store('x')] }, []],
    [
      'another value',
      { deadlineMs: 140 },
      { deadlineMs: 120 },
      [{ path: 'deadlineMs', change: 'changed', before: '140', after: '120' }],
    ],
    [
      'a whole entry more',
      { keyStores: [store('a')] },
      { keyStores: [store('a'), store('b', { exposes: ['x', 'y'] })] },
      [{ path: 'keyStores[b]', change: 'added' }],
    ],
    [
      'a whole entry less, and one of a list inside another',
      { keyManagers: [store('a'), { name: 'v', nodes: [node('1'), node('2')] }] },
      { keyManagers: [{ name: 'v', nodes: [node('2')] }] },
      [
        { path: 'keyManagers[a]', change: 'removed' },
        { path: 'keyManagers[v].nodes[1]', change: 'removed' },
      ],
    ],
    [
      'a field more',
      { keyStores: [store('a')] },
      { keyStores: [store('a', { region: 'eu-west-1' })] },
      [{ path: 'keyStores[a].region', change: 'added', after: 'eu-west-1' }],
    ],
    [
      'a list of values with one less',
      { keyStores: [store('a', { exposes: ['x', 'y'] })] },
      { keyStores: [store('a', { exposes: ['x'] })] },
      [{ path: 'keyStores[a].exposes', change: 'changed', before: 'x, y', after: 'x' }],
    ],
    [
      'nodes in another order, which says which is preferred',
      { keyManagers: [{ name: 'v', nodes: [node('1'), node('2')] }] },
      { keyManagers: [{ name: 'v', nodes: [node('2'), node('1')] }] },
      [{ path: 'keyManagers[v].nodes', change: 'changed', after: 'the same in another order' }],
    ],
  ])('%s → told', (_, before, after, expected) => {
    expect(difference(before, after)).toEqual(
      expected.map((each) => ({ isInFile: false, ...each })),
    );
  });

  it('another secret in the file itself → told, and never shown', () => {
    const [before, after] = [{ pin: new Secret('1234') }, { pin: new Secret('5678') }];
    const [found] = difference(before, after);
    expect(found).toMatchObject({ path: 'pin', change: 'changed', isInFile: false });
    expect(JSON.stringify(found)).not.toMatch(/1234|5678/);
  });

  it('another secret behind the same reference → in the file, and never shown', () => {
    const references = { '["pin"]': '${file:pin}' };
    const [found] = differencesOf(
      compared({ pin: new Secret('1234') }, references),
      compared({ pin: new Secret('5678') }, references),
    );
    expect(found).toMatchObject({ path: 'pin', isInFile: true, after: 'another content' });
    expect(JSON.stringify(found)).not.toMatch(/1234|5678/);
  });

  it('a file of a certificate with another content → told by the field that names it', () => {
    const path = join(temporaryFolder(), 'chain.pem');
    writeFileSync(path, 'first');
    const before = { ...compared({ chain: path }), digests: digestsOf([path]) };
    writeFileSync(path, 'second');
    const after = { ...compared({ chain: path }), digests: digestsOf([path]) };
    expect(differencesOf(before, after)).toMatchObject([{ path: 'chain', isInFile: true }]);
  });
});

describe('the table of fields', () => {
  it('every field of the configuration → has a row', () => {
    const fields = Object.keys(configurationSchema.shape);
    expect(fields.filter((field) => !(field in FIELD_CHANGES))).toEqual([]);
  });

  it.each([
    ['audit.retentionDays', 'restart'],
    ['listeners[xks].tls.privateKey', 'reload'],
    ['listeners[a.b].limits.maxConnections', 'listener'],
    ['keyManagers[v].nodes[a].address', 'key-manager'],
    ['keyStores[hr]', 'reload'],
    ['unknown.field', 'restart'],
  ])('%s → %s', (path, how) => {
    expect(fieldChangeOf(path).how).toBe(how);
  });
});
