import { wellFormedJson } from '../../../shared/well-formed-json.js';
import type { Cell, Report, Table } from '../model/document.js';

/** Version of the JSON document's format. */
const FORMAT = 1;

/** Renders a report as JSON: rows are objects, and a cell that is empty has no member. */
export function renderJson({ sections, ...report }: Report): string {
  const document = {
    format: FORMAT,
    ...report,
    sections: Object.fromEntries(
      sections.map(({ id, title, about, tables }) => [
        id,
        {
          title,
          about,
          tables: Object.fromEntries(tables.map((table) => [table.id, tableOf(table)])),
        },
      ]),
    ),
  };
  return `${wellFormedJson(document, 2)}\n`;
}

function tableOf({ title, note, columns, rows }: Table): object {
  return {
    title,
    note,
    rows: rows.map((row) => {
      const cells = columns.map(({ key }): [string, Cell] => [key, row[key]]);
      return Object.fromEntries(cells.filter(([, cell]) => cell !== undefined));
    }),
  };
}
