import { createHash } from 'node:crypto';
import { parse } from 'csv-parse/sync';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Cell, ColumnKind, Report } from '../../../../src/evidence/report/model/document.js';
import { renderCsv } from '../../../../src/evidence/report/render/csv.js';
import { renderHtml } from '../../../../src/evidence/report/render/html.js';
import { renderJson } from '../../../../src/evidence/report/render/json.js';
import { printableLine } from '../../../../src/shared/printable.js';

const VOID_TAGS = new Set(['meta', 'rect', 'wbr']);
const TAG =
  /<(?<end>\/?)(?<name>[a-z][a-z0-9]*)(?<attributes>(?: [a-zA-Z-]+[0-9]?(?:="[^"<>]*")?)*)(?<empty>\/?)>/g;

/** A report whose every text is the same one. */
function reportOf(text: string): Report {
  const columns = [
    { key: 'name', title: text, kind: 'text' },
    { key: 'success', title: text, kind: 'count' },
    { key: 'empty', title: text, kind: 'code' },
  ] as const;
  const table = { title: text, columns, rows: [{ name: text, success: 3 }], note: text };
  const empty = { id: 'b', title: text, about: text, tables: [{ ...table, id: 'no', rows: [] }] };
  return {
    title: text,
    generatedAt: '2026-02-01T00:00:00.000Z',
    generator: text,
    from: '2026-01-01T00:00:00.000Z',
    to: '2026-02-01T00:00:00.000Z',
    statement: [text],
    sections: [
      {
        id: 'a',
        title: text,
        about: text,
        tables: [
          { ...table, id: 'bars', chart: 'bars' },
          { ...table, id: 'columns', chart: 'steps' },
          { ...table, id: 'none', rows: [] },
        ],
      },
      empty,
    ],
  };
}

/** Text between the tags, as a browser would show it. @throws Error where tags do not match */
function textOf(html: string): string {
  const open: string[] = [];
  for (const { groups } of html.matchAll(TAG)) {
    const { name = '', end, empty } = groups ?? {};
    if (VOID_TAGS.has(name) || empty === '/') continue;
    if (end !== '/') open.push(name);
    else if (open.pop() !== name) throw new Error(`</${name}> ends what is not open`);
  }
  if (open.length > 0) throw new Error(`${open.join(', ')} stays open`);
  return html
    .replace(TAG, '')
    .replaceAll('&lt;', '<')
    .replaceAll('&gt;', '>')
    .replaceAll('&quot;', '"')
    .replaceAll('&#39;', "'")
    .replaceAll('&#96;', '`')
    .replaceAll('&amp;', '&');
}

/** Names of all attributes. */
function attributesOf(html: string): string {
  const attributes = [...html.matchAll(TAG)].map(({ groups }) => groups?.['attributes'] ?? '');
  return attributes.map((text) => text.replace(/="[^"]*"/g, '')).join(' ');
}

describe('the report as HTML', () => {
  it.each([
    '<script>alert(1)</script>',
    '"><img src=x onerror=alert(1)>',
    "' onmouseover='alert(1)",
    '</style></title><svg/onload=alert(1)>',
    '&lt;b&gt; `x` ${y}',
  ])('a record with %s → text, wherever it stands', (text) => {
    const html = renderHtml(reportOf(text));
    const withoutStyle = html.replace(/<style>[^<]*<\/style>/, '').replace('<!DOCTYPE html>', '');
    expect(textOf(withoutStyle)).toContain(text);
    // Every < is the beginning of a tag of ours, and no attribute of ours acts.
    expect(withoutStyle.replace(TAG, '')).not.toMatch(/[<>]/);
    expect(attributesOf(withoutStyle)).not.toMatch(/\b(?:on[a-z]+|style|src)\b/);
  });

  it('any text → tags that match and no text that turns others around', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        const html = renderHtml(reportOf(text)).replace(/<style>[^<]*<\/style>/, '');
        textOf(html.replace('<!DOCTYPE html>', ''));
        expect(html.replaceAll('\n', '')).not.toMatch(/[\p{Cc}\p{Cf}]/u);
      }),
    );
  });

  it('its policy → allows its own style sheet and nothing else', () => {
    const html = renderHtml(reportOf('x'));
    const [, style = ''] = /<style>([^<]*)<\/style>/.exec(html) ?? [];
    const hash = createHash('sha256').update(style).digest('base64');
    expect(html).toContain(
      `content="default-src 'none'; style-src 'sha256-${hash}'; base-uri 'none'`,
    );
    expect(html).not.toMatch(/https?:|url\(|@import|<script|<link|<iframe/);
  });

  it('charts → in the tables that say the same, and none without rows', () => {
    const html = renderHtml(reportOf('x'));
    expect(html.match(/<figure>/g)).toHaveLength(1);
    expect(html.match(/<td class="bar"><svg/g)).toHaveLength(1);
    expect(html.match(/<table /g)).toHaveLength(2);
  });

  it('what is empty → in one line, and no heading of its own', () => {
    const html = renderHtml(reportOf('x'));
    expect(html).toContain('Nothing to report: x. x: x</p>');
    expect(html).toContain('Nothing to report: x.</p>');
    expect(html.match(/<h2 id/g)).toHaveLength(1);
    expect(html).not.toContain('id="table-none"');
  });

  it.each<[ColumnKind, Cell, string]>([
    ['count', 1_234_567, '<td class="number">1\u202f234\u202f567</td>'],
    ['count', 999, '<td class="number">999</td>'],
    ['id', 1_234_567, '<td class="number">1234567</td>'],
    ['duration', 125_000, '<td class="number">2 min 5 s</td>'],
    ['duration', 86_400_000, '<td class="number">1 d</td>'],
    ['duration', 3250, '<td class="number">3.3 s</td>'],
    ['duration', 45, '<td class="number">45 ms</td>'],
    ['time', '2026-01-20T14:05:06.123Z', '<td class="time">2026-01-20 14:05:06.123</td>'],
    ['time', '<b>', '<td class="time">&lt;b&gt;</td>'],
    ['section', 'a', '<td class="section"><a href="#a">x</a></td>'],
    ['section', '"><b>', '<td class="section">&quot;&gt;&lt;b&gt;</td>'],
    [
      'text',
      'arn:aws:iam::111122223333:role/app',
      '<td class="text">arn:<wbr>aws:<wbr>iam::<wbr>111122223333:<wbr>role/<wbr>app</td>',
    ],
    ['text', '&'.repeat(33), `<td class="text">${'&amp;'.repeat(32)}<wbr>&amp;</td>`],
  ])('a cell of the kind %s, %j → %s', (kind, cell, html) => {
    const made = reportOf('x');
    const tables = [
      { id: 't', title: 'x', columns: [{ key: 'c', title: 'x', kind }], rows: [{ c: cell }] },
    ];
    expect(
      renderHtml({ ...made, sections: [{ id: 'a', title: 'x', about: 'x', tables }] }),
    ).toContain(html);
  });
});

/** Beginnings that a spreadsheet runs, behind the blanks and quotes that it drops. */
const RUNS = /^[\s"]*[=+\-@|%\uFF1D\uFF0B\uFF0D\uFF20]/;

const DANGEROUS = fc.string({
  unit: fc.constantFrom('a', ';', ',', '"', '=', '+', '-', '@', ' ', '\t', '\r', '\n'),
});

/** The texts of a report in CSV, as they stand in its tables. */
function csvTable(text: string): string {
  return renderCsv(reportOf(text))[1]?.contents ?? '';
}

describe('the report as CSV', () => {
  it.each([
    ['=HYPERLINK("http://x")', `"'=HYPERLINK(""http://x"")"`],
    ['+1', `"'+1"`],
    ['-1', `"'-1"`],
    ['@SUM(A1)', `"'@SUM(A1)"`],
    [' =1', `"' =1"`],
    ['＝1', `"'＝1"`],
    ['\t=1', '"\\u0009=1"'],
    ['\r=1', '"\\u000d=1"'],
    ['a;=1', `"a;'=1"`],
    ['a; "=1', `"a; ""'=1"`],
    ['a,b', '"a,b"'],
    ['a\nb', '"a\\u000ab"'],
    ['plain', '"plain"'],
    ['', '""'],
  ])('a cell %j → %s', (text, cell) => {
    const files = renderCsv(reportOf(text));
    expect(files.map(({ name }) => name)).toEqual([
      '0-report.csv',
      '1-bars.csv',
      '2-columns.csv',
      '3-none.csv',
      '4-no.csv',
    ]);
    expect(files[1]?.contents).toBe(`"name","success","empty"\r\n${cell},3,\r\n`);
  });

  it('any text, read where a comma separates → the text, and nothing that is run', () => {
    fc.assert(
      fc.property(DANGEROUS, (text) => {
        const [, [cell = ''] = []] = parse(csvTable(text));
        expect(cell).not.toMatch(RUNS);
        expect(cell.replaceAll("'", '')).toBe(printableLine(text));
      }),
    );
  });

  it('any text, read where a semicolon separates → nothing that is run', () => {
    const options = { delimiter: ';', relaxQuotes: true, relaxColumnCount: true };
    fc.assert(
      fc.property(DANGEROUS, (text) => {
        const csv = csvTable(text);
        const cells = [...parse(csv, options).flat(), ...csv.split(/[;\r\n]/)];
        for (const cell of cells) expect(cell).not.toMatch(RUNS);
      }),
    );
  });
});

describe('the report as JSON', () => {
  it('tables → rows by name, without what is empty', () => {
    const json = JSON.parse(renderJson(reportOf('x'))) as {
      sections: { a: { tables: Record<string, { rows: unknown }> } };
    };
    expect(json).toMatchObject({ format: 1, title: 'x', from: '2026-01-01T00:00:00.000Z' });
    expect(json.sections.a.tables['bars']?.rows).toEqual([{ name: 'x', success: 3 }]);
  });
});
