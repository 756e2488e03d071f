import { count, type Finding } from '../doctor/finding.js';
import { alignColumns } from '../shared/columns.js';
import { printableLine } from '../shared/printable.js';

const BELOW = '             ';

/** Outcomes in words for people. */
const OUTCOMES: Readonly<Record<Finding['outcome'], string>> = {
  ok: 'ok',
  warning: 'warning',
  failed: 'FAILED',
  unknown: 'not known',
  skipped: 'left out',
};

/**
 * An examination for people: a paragraph a section, with a line a check that has something to tell,
 * and what it means and what to do where something is wrong.
 *
 * @param isWhole whether checks without anything to tell have a line as well
 */
export function renderExamination(
  url: string,
  findings: readonly Finding[],
  isWhole: boolean,
): string {
  const sections = grouped(findings, ({ section }) => section);
  const paragraphs = [...sections].map(([title, rows]) => renderSection(title, rows, isWhole));
  const told = [`${printableLine(url)}\n`, ...paragraphs].join('\n');
  return `${told}\n${notLookedAt(findings)}${sum(findings)}`;
}

function renderSection(title: string, findings: readonly Finding[], isWhole: boolean): string {
  const told = findings.filter((finding) => isWhole || hasNews(finding));
  const lines = alignColumns(told.map(rowOf));
  const rows = told.map((finding, at) => `  ${lines[at] ?? ''}\n${explanationOf(finding)}`);
  return `${title}: ${counts(findings)}\n${rows.join('')}`;
}

function hasNews({ outcome, detail, needs }: Finding): boolean {
  if (outcome === 'skipped' || needs !== undefined) return false;
  return outcome !== 'ok' || detail !== undefined;
}

function rowOf({ outcome, level, id, text, detail }: Finding): readonly string[] {
  const found = detail === undefined ? text : `${text}: ${detail}`;
  return [OUTCOMES[outcome], level, id, printableLine(found)];
}

function explanationOf({ meaning, advice }: Finding): string {
  if (meaning === undefined || advice === undefined) return '';
  return `${BELOW}For KMS: ${meaning}\n${BELOW}To do: ${advice}\n`;
}

function counts(findings: readonly Finding[]): string {
  const outcomes = Object.entries(OUTCOMES) as [Finding['outcome'], string][];
  return outcomes
    .map(([outcome, word]) => [count(findings, outcome), word] as const)
    .filter(([number]) => number > 0)
    .map(([number, word]) => `${number} ${word}`)
    .join(', ');
}

/** Says what was not looked at, a line a reason. */
function notLookedAt(findings: readonly Finding[]): string {
  const those = findings.filter(({ outcome }) => outcome === 'skipped' || outcome === 'unknown');
  const reasons = grouped(those, ({ detail }) => detail ?? '');
  const rows = [...reasons].map(([reason, rows]) => [`${rows.length}`, printableLine(reason)]);
  if (rows.length === 0) return '';
  const lines = alignColumns(rows).map((line) => `  ${line}\n`);
  return `Not looked at:\n${lines.join('')}\n`;
}

function sum(findings: readonly Finding[]): string {
  return `${findings.length} checks: ${counts(findings)}\n`;
}

/** Findings by a text of each, in the order in which the texts come. */
function grouped(
  findings: readonly Finding[],
  textOf: (finding: Finding) => string,
): ReadonlyMap<string, readonly Finding[]> {
  const groups = new Map<string, Finding[]>();
  for (const finding of findings) {
    const group = groups.get(textOf(finding)) ?? [];
    group.push(finding);
    groups.set(textOf(finding), group);
  }
  return groups;
}
