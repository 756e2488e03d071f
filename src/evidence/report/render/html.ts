import { createHash } from 'node:crypto';
import type { Cell, Column, Report, Row, Section, Table } from '../model/document.js';
import { cellText, timeText } from './cell-text.js';
import { barSvg, highestOf, LEGEND, stepsFigure } from './chart.js';
import { escapeHtml } from './escape.js';
import { STYLE } from './style.js';

/** More rows than this beside one another are no better to read than below one another. */
const MAX_ACROSS = 4;
/** Tables of so few rows are not divided between pages. */
const SHORT_TABLE = 8;
/** A name that is long enough to be broken. */
const UNBROKEN = /[^\s]{24}/u;
/** Pieces of a text behind which a line may end. */
const PIECES = /[^\s:/]{1,32}[:/]*\s*|[\s:/]+/gu;
const NUMBERS: ReadonlySet<string> = new Set(['count', 'id', 'duration']);

/**
 * Renders a report as one HTML file that loads nothing, runs nothing and needs nothing: a policy in
 * it forbids all but its own style sheet, whose hash it names.
 */
export function renderHtml(report: Report): string {
  const styleHash = createHash('sha256').update(STYLE).digest('base64');
  const policy = `default-src 'none'; style-src 'sha256-${styleHash}'; base-uri 'none'; form-action 'none'`;
  const title = `${report.title}, ${day(report.from)} to ${day(report.to)}`;
  const [summary, ...sections] = report.sections;
  const told = sections.filter(({ tables }) => !tables.every(isEmpty));
  const page = new Page(report.sections);
  return `<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${policy}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="referrer" content="no-referrer">
<title>${escapeHtml(title)}</title>
<style>${STYLE}</style>
</head>
<body>
<header>
<h1>${escapeHtml(report.title)}</h1>
<p class="period">From ${time(report.from)} to ${time(report.to)}. All times are UTC.
Made by ${escapeHtml(report.generator)} on ${time(report.generatedAt)}.</p>
${summary === undefined ? '' : page.section(summary)}<div class="statement">
${report.statement.map((paragraph) => `<p>${escapeHtml(paragraph)}</p>`).join('\n')}
</div>
</header>
<nav aria-label="Contents">
<h2>Contents</h2>
<ul>
${told.map(contentsItem).join('')}</ul>
${nothing(sections.filter((section) => !told.includes(section)))}</nav>
<main>
${told.map((section) => page.section(section)).join('')}</main>
</body>
</html>
`;
}

/** Renders the sections of a page, which refer to each other by title. */
class Page {
  readonly #titles: ReadonlyMap<Cell, string>;

  constructor(sections: readonly Section[]) {
    this.#titles = new Map(sections.map(({ id, title }) => [id, title]));
  }

  /** Tables stand before what explains them. */
  section({ id, title, about, tables }: Section): string {
    const empty = tables.filter(isEmpty);
    const drawn = tables.some((table) => table.chart !== undefined && !isEmpty(table));
    return (
      `<section aria-labelledby="${escapeHtml(id)}">\n` +
      `<h2 id="${escapeHtml(id)}">${escapeHtml(title)}</h2>\n${drawn ? LEGEND : ''}` +
      tables.map((table) => (isEmpty(table) ? '' : this.#table(table))).join('') +
      nothing(empty) +
      `<p class="about">${escapeHtml(about)}</p>\n</section>\n`
    );
  }

  #table(table: Table): string {
    const { id, title, rows, layout, chart, note } = table;
    const heading = `<h3 id="table-${escapeHtml(id)}">${escapeHtml(title)}</h3>\n`;
    const isAcross = layout === 'across' && rows.length <= MAX_ACROSS;
    const classes = [isAcross ? 'across' : '', rows.length <= SHORT_TABLE ? 'short' : ''];
    const remark = note === undefined ? '' : `<p class="note">${escapeHtml(note)}</p>\n`;
    return (
      `${heading}${chart === 'steps' ? stepsFigure(table) : ''}` +
      `<div class="scroll${chart === 'steps' ? ' steps' : ''}" tabindex="0" role="group" ` +
      `aria-labelledby="table-${escapeHtml(id)}">` +
      `<table aria-labelledby="table-${escapeHtml(id)}" class="${classes.join(' ').trim()}">\n` +
      `${isAcross ? this.#across(table) : this.#below(table)}</table></div>\n${remark}`
    );
  }

  /** A row for each row. */
  #below(table: Table): string {
    const { columns, rows, marked, chart } = table;
    const highest = chart === 'bars' ? highestOf(table) : undefined;
    const bar = (cells: string[], content: string) =>
      highest === undefined ? cells : cells.toSpliced(1, 0, content);
    const head = columns.map(
      ({ title, kind }) => `<th scope="col"${className(kind)}>${escapeHtml(title)}</th>`,
    );
    const lines = rows.map((row) => {
      const isMarked = marked?.values.includes(row[marked.key]) === true;
      const cells = bar(
        columns.map((column) => this.#cell(row, column)),
        `<td class="bar">${barSvg(row, highest ?? 0)}</td>`,
      );
      return `<tr${isMarked ? ' class="marked"' : ''}>${cells.join('')}</tr>\n`;
    });
    return (
      `<thead><tr>${bar(head, '<td class="bar"></td>').join('')}</tr></thead>\n` +
      `<tbody>\n${lines.join('')}</tbody>\n`
    );
  }

  /** A row for each column. */
  #across({ columns, rows }: Table): string {
    const lines = columns.map((column) => {
      const cells = rows.map((row) => this.#cell(row, column)).join('');
      return `<tr><th scope="row">${escapeHtml(column.title)}</th>${cells}</tr>\n`;
    });
    return `<tbody>\n${lines.join('')}</tbody>\n`;
  }

  #cell(row: Row, { key, kind }: Column): string {
    const cell = row[key];
    const title = kind === 'section' ? this.#titles.get(cell) : undefined;
    const content =
      title === undefined
        ? breakable(cellText(cell, kind))
        : `<a href="#${escapeHtml(String(cell))}">${escapeHtml(title)}</a>`;
    return `<td${className(kind)}>${content}</td>`;
  }
}

/** A text in HTML in which names without blanks, such as ARNs, may be broken between lines. */
function breakable(text: string): string {
  if (!UNBROKEN.test(text)) return escapeHtml(text);
  return (text.match(PIECES) ?? []).map(escapeHtml).join('<wbr>');
}

function className(kind: Column['kind']): string {
  return ` class="${NUMBERS.has(kind) ? 'number' : kind}"`;
}

/** Tells whether a table is empty: it has no row, or none with a number to draw. */
function isEmpty(table: Table): boolean {
  return table.rows.length === 0 || (table.chart === 'steps' && highestOf(table) === 0);
}

/** Names the empty tables or sections in one line, with their remarks. */
function nothing(empty: readonly { readonly title: string; readonly note?: string | undefined }[]) {
  if (empty.length === 0) return '';
  const titles = empty.map(({ title }) => title).join(' · ');
  const notes = empty.flatMap(({ title, note }) => (note === undefined ? [] : `${title}: ${note}`));
  const text = [`Nothing to report: ${titles}.`, ...notes].join(' ');
  return `<p class="note">${escapeHtml(text)}</p>\n`;
}

function contentsItem({ id, title }: Section): string {
  return `<li><a href="#${escapeHtml(id)}">${escapeHtml(title)}</a></li>\n`;
}

/** Formats a time to the minute. */
function time(text: string): string {
  const [toMinutes = ''] = /^.{16}|^.*$/.exec(timeText(text)) ?? [];
  return `<time datetime="${escapeHtml(text)}">${escapeHtml(toMinutes)}</time>`;
}

function day(text: string): string {
  const [date = text] = text.split('T');
  return date;
}
