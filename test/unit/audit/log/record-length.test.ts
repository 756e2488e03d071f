import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { EMPTY_LOG, encodeLines } from '../../../../src/audit/log/encode-lines.js';
import { Payloads } from '../../../../src/audit/log/payloads.js';
import type { FieldsOf } from '../../../../src/audit/record/index.js';
import { auditRecordSchema, type AuditRecordType } from '../../../../src/audit/record/index.js';
import { systemClock } from '../../../../src/shared/clock.js';

/** C2SP tlog-tiles: the length of an entry has two bytes. */
const MOST = 65_535;
const payloads = new Payloads('h'.repeat(253), systemClock);

/** A record as the log has it, of which the schema was asked. */
function written<Type extends AuditRecordType>(type: Type, fields: FieldsOf<Type>) {
  const state = { tree: EMPTY_LOG.tree, previous: 'A'.repeat(43).concat('='), times: undefined };
  const { bytes } = encodeLines(state, [payloads.of(type, fields)]);
  expect(bytes.length - 1).toBeLessThanOrEqual(MOST);
  return auditRecordSchema.parse(JSON.parse(bytes.toString()));
}

/** The fields of a request with some texts. */
function requestFields(texts: Partial<FieldsOf<'key-operation'>>): FieldsOf<'key-operation'> {
  const outcome = { result: 'success', status: 200, durationUs: 1_500 } as const;
  return { clientAddress: '127.0.0.1', ...outcome, ...texts };
}

/** Texts that take the most room, cannot be cut anywhere, or are long. */
const text = fc.oneof(
  fc
    .constantFrom('ü', '\u{1f512}', '\u0000', '"', '\\', 'a')
    .chain((unit) => fc.integer({ min: 0, max: 20_000 }).map((length) => unit.repeat(length))),
  fc.string({ unit: 'binary', maxLength: 3_000 }),
);

describe('the length of a record', () => {
  it('of a request with the longest texts of all fields → at most 65,535 bytes, whole at 2,048', () => {
    const longest = 'ü'.repeat(2_048);
    const record = requestFields({
      kmsRequestId: longest,
      kmsOperation: longest,
      kmsKeyArn: longest,
      awsPrincipalArn: longest,
      kmsViaService: longest,
      awsSourceVpc: longest,
      awsSourceVpce: longest,
    });
    const { cut } = written('key-operation', record);
    expect(cut).toContain('awsPrincipalArn');
    const ascii = 'a'.repeat(2_048);
    const usual = requestFields({
      kmsRequestId: ascii,
      kmsKeyArn: ascii,
      awsPrincipalArn: ascii,
      kmsViaService: ascii,
    });
    const whole = written('key-operation', usual);
    expect(whole).toMatchObject({ awsPrincipalArn: ascii });
    expect(whole).not.toHaveProperty('cut');
  });

  it('of any texts → at most 65,535 bytes, says what was cut, and fits the schema', () => {
    fc.assert(
      fc.property(fc.array(text, { minLength: 9, maxLength: 9 }), (texts) => {
        const [a = '', b, c, d, e, f, g, h = '', i = ''] = texts;
        const record = requestFields({
          kmsRequestId: a,
          kmsOperation: b,
          kmsKeyArn: c,
          awsPrincipalArn: d,
          kmsViaService: e,
          awsSourceVpc: f,
          awsSourceVpce: g,
          cause: h,
          clientCertificateSubject: i,
          nodesTried: texts.map((node) => ({ node, location: node, failure: node })),
        });
        written('key-operation', record);
        written('administrative-act', {
          act: 'createKey',
          by: a,
          request: { [h]: texts, deep: { [i]: { texts: [texts, { [a]: texts }] } } },
          result: 'failure',
        });
      }),
      { numRuns: 12 },
    );
  });

  it('of a text that was cut → the text ends in three dots, and no character is split', () => {
    const subject = `a${'\u{1f512}'.repeat(40_000)}`;
    const fields = { act: 'createKey', by: subject, request: {}, result: 'success' } as const;
    const record = written('administrative-act', fields);
    expect(record).toMatchObject({ cut: ['by'] });
    const by = 'by' in record ? record.by : '';
    expect(by).toMatch(/^a(?:\u{1f512})+\.\.\.$/u);
    expect(Buffer.byteLength(JSON.stringify(by))).toBeGreaterThan(MOST / 8);
  });

  it('of an inventory or a configuration that is too long → its first entries, and says so', () => {
    const versions = Array.from({ length: 3_000 }, (_, version) => ({
      version,
      materialName: 'f'.repeat(16),
    }));
    const keys = [
      {
        externalKeyId: 'key-1',
        keyStores: ['payments'],
        algorithm: 'AES_256' as const,
        state: 'ENABLED' as const,
        usage: ['ENCRYPT' as const],
        versions,
      },
    ];
    const inventory = written('key-inventory', { keyManager: 'hsm', part: 1, parts: 1, keys });
    expect(inventory).toMatchObject({ cut: ['keys'], keys: [{ externalKeyId: 'key-1' }] });

    const stores = Array.from({ length: 2_000 }, (_, index) => ({
      name: `store-${String(index)}`,
      uriPath: `/store-${String(index)}`,
      keyManager: 'hsm',
      accessKeyIds: ['A'.repeat(20)],
    }));
    const configuration = written('configuration', {
      file: '/etc/holdfast/holdfast.yaml',
      sha256: 'f'.repeat(64),
      audit: { durability: 'synced', onAuditFailure: 'refuse', sinks: [] },
      keyManagers: [],
      keyStores: stores,
    });
    expect(configuration).toMatchObject({ cut: ['keyStores'], sha256: 'f'.repeat(64) });
  });
});
