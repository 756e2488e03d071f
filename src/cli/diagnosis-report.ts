import type { Check, DiagnosisFinding, NodeDiagnosis } from '../key-managers/diagnosis/finding.js';
import type { KeyManagerDiagnosis } from '../composition/diagnose-key-manager.js';
import { alignColumns } from '../shared/columns.js';
import { printableLine } from '../shared/printable.js';

/** The name of each check, in words for people. */
const DONE: Readonly<Record<Check, string>> = {
  start: 'start it',
  answer: 'ask it for the test key',
  'test-key': 'find the test key',
  'round-trip': 'encrypt and decrypt',
  ivs: 'encrypt with new IVs',
  keys: 'list its keys',
  'encryptions-left': 'see encryptions left',
  'other-nodes': 'open what others sealed',
  health: "make a server's check",
};
const BELOW = '           ';

/**
 * A diagnosis for people: a paragraph a node, a line a check, and more where something is wrong.
 */
export function renderDiagnosis({ nodes, logged }: KeyManagerDiagnosis): string {
  const paragraphs = nodes.map(renderNode);
  if (logged.length > 0) {
    paragraphs.push(`A server would have logged:\n${logged.map(below).join('')}`);
  }
  return paragraphs.join('\n');
}

function renderNode({ name, location, status, findings }: NodeDiagnosis): string {
  const place = location === undefined ? '' : ` (${location})`;
  const lines = alignColumns(findings.map(rowOf));
  const checks = findings.map((finding, at) => `  ${lines[at] ?? ''}\n${explanationOf(finding)}`);
  return `${printableLine(`Node ${name}${place}: ${status}`)}\n${checks.join('')}`;
}

function rowOf({ check, outcome, detail }: DiagnosisFinding): readonly string[] {
  const [first = ''] = detail.split('\n');
  return [outcome, DONE[check], printableLine(first)];
}

/** Writes the further details of a finding, its meaning and the advice, below its line. */
function explanationOf(finding: DiagnosisFinding): string {
  const [, ...more] = finding.detail.split('\n');
  if (!('meaning' in finding)) return more.map(below).join('');
  const { code, meaning, advice } = finding;
  const named = code === undefined ? [] : [`Error: ${code}`];
  return [...more, ...named, `For KMS: ${meaning}`, `To do: ${advice}`].map(below).join('');
}

function below(text: string): string {
  const lines = text.split('\n');
  return lines.map((line) => `${BELOW}${printableLine(line)}\n`).join('');
}
