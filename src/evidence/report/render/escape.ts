import { printableLine } from '../../../shared/printable.js';

const SPECIAL = /[&<>"'`]/g;
const ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
  '`': '&#96;',
};

/**
 * Makes a text safe in HTML and SVG, between tags and in quoted attributes. What would hide or turn
 * other text around is spelled `\uXXXX`: a report must not be forged by what it reports.
 */
export function escapeHtml(text: string): string {
  return printableLine(text).replace(SPECIAL, (character) => ENTITIES[character] ?? '');
}
