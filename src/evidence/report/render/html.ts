import { createHash } from 'node:crypto';
import type { Cell, Report, Section, Table } from '../model/document.js';
import { chartSvg } from './chart.js';
import { escapeHtml } from './escape.js';
import { STYLE } from './style.js';

const TIME = /^\d{4}-\d\d-\d\dT[\d:.]+Z$/;
/** A row with this in this column asks for attention. */
const MARKED = { key: 'overLimit', value: 'yes' };
const LEGEND =
  '<p class="legend" aria-hidden="true">' +
  '<svg viewBox="0 0 12 12" width="12" height="12"><rect class="success" width="12" height="12"/></svg>succeeded' +
  '<svg viewBox="0 0 12 12" width="12" height="12"><rect class="failure" width="12" height="12"/></svg>failed</p>\n';

/**
 * A report as one HTML file that loads nothing, runs nothing and needs nothing: a policy in it
 * forbids all but its own style sheet, whose hash it names.
 */
export function renderHtml(report: Report): string {
  const styleHash = createHash('sha256').update(STYLE).digest('base64');
  const policy = `default-src 'none'; style-src 'sha256-${styleHash}'; base-uri 'none'; form-action 'none'`;
  const title = `${report.title}, ${day(report.from)} to ${day(report.to)}`;
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
<p class="period">From ${time(report.from)} to ${time(report.to)}</p>
<div class="statement">
${report.statement.map((paragraph) => `<p>${escapeHtml(paragraph)}</p>`).join('\n')}
</div>
</header>
${contents(report.sections)}<main>
${report.sections.map(sectionHtml).join('')}</main>
<footer><p>Made by ${escapeHtml(report.generator)} on ${time(report.generatedAt)}.</p></footer>
</body>
</html>
`;
}

function contents(sections: readonly Section[]): string {
  const items = sections.map(
    ({ id, title }) => `<li><a href="#${escapeHtml(id)}">${escapeHtml(title)}</a></li>\n`,
  );
  return `<nav aria-label="Contents">\n<ul>\n${items.join('')}</ul>\n</nav>\n`;
}

function sectionHtml({ id, title, about, tables }: Section): string {
  const legend = tables.some(({ chart }) => chart !== undefined) ? LEGEND : '';
  return (
    `<section aria-labelledby="${escapeHtml(id)}">\n` +
    `<h2 id="${escapeHtml(id)}">${escapeHtml(title)}</h2>\n` +
    `<p>${escapeHtml(about)}</p>\n${legend}${tables.map(tableHtml).join('')}</section>\n`
  );
}

function tableHtml(table: Table): string {
  const note = table.note === undefined ? '' : `<p class="note">${escapeHtml(table.note)}</p>\n`;
  const heading = `<h3 id="table-${escapeHtml(table.id)}">${escapeHtml(table.title)}</h3>\n`;
  if (table.rows.length === 0) return `${heading}${note}<p class="empty">None.</p>\n`;
  const head = table.columns.map(({ title }, at) => {
    const numbers = table.rows.some((row) => typeof row[at] === 'number');
    return `<th scope="col"${numbers ? ' class="number"' : ''}>${escapeHtml(title)}</th>`;
  });
  return (
    `${heading}${note}${chartSvg(table)}` +
    `<div class="scroll"><table aria-labelledby="table-${escapeHtml(table.id)}">\n` +
    `<thead><tr>${head.join('')}</tr></thead>\n<tbody>\n` +
    `${table.rows.map((row) => rowHtml(row, table)).join('')}</tbody>\n</table></div>\n`
  );
}

function rowHtml(row: readonly Cell[], { columns }: Table): string {
  const marked = columns.some(({ key }, at) => key === MARKED.key && row[at] === MARKED.value);
  return `<tr${marked ? ' class="marked"' : ''}>${row.map(cellHtml).join('')}</tr>\n`;
}

function cellHtml(cell: Cell): string {
  if (cell === undefined) return '<td></td>';
  if (typeof cell === 'number') {
    return `<td class="number">${cell.toLocaleString('en-US')}</td>`;
  }
  return TIME.test(cell)
    ? `<td class="time">${escapeHtml(cell)}</td>`
    : `<td>${escapeHtml(cell)}</td>`;
}

function time(text: string): string {
  return `<time datetime="${escapeHtml(text)}">${escapeHtml(text)}</time>`;
}

function day(text: string): string {
  const [date = text] = text.split('T');
  return date;
}
