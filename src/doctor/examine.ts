import { NoAnswer } from './client/answer.js';
import type { Finding } from './finding.js';
import { SECTIONS } from './requirements/index.js';
import type { Requirement, Subject } from './requirement.js';
import { Deviation, NotLookedAt, Remark } from './verdict.js';

/**
 * Examines a proxy by the requirements of the specification, one after the other.
 *
 * @param tell takes each finding as soon as it is made
 * @returns a finding for each requirement; never rejects for what the proxy does
 */
export async function examine(
  subject: Subject,
  tell: (finding: Finding) => void = () => undefined,
): Promise<readonly Finding[]> {
  const findings = new Map<string, Finding>();
  for (const { title, requirements } of SECTIONS) {
    for (const requirement of requirements) {
      if (requirement.level === 'OWN') continue;
      const finding = await findingOf(requirement, title, { subject, findings });
      findings.set(finding.id, finding);
      tell(finding);
    }
  }
  return [...findings.values()];
}

interface Run {
  readonly subject: Subject;
  /** By id, so far. */
  readonly findings: ReadonlyMap<string, Finding>;
}

async function findingOf(
  { id, level, text, after, meaning, advice, check }: Requirement,
  section: string,
  { subject, findings }: Run,
): Promise<Finding> {
  const row = { id, section, level, text };
  const needed = [after ?? []]
    .flat()
    .map((needs) => findings.get(needs))
    .find((finding) => finding?.outcome === 'failed' || finding?.outcome === 'unknown');
  if (needed !== undefined) {
    return { ...row, outcome: 'unknown', needs: needed.id, detail: `it needs ${needed.id}` };
  }
  try {
    return { ...row, outcome: 'ok', detail: await check(subject) };
  } catch (error) {
    if (error instanceof NotLookedAt) {
      return { ...row, outcome: error.isByChoice ? 'skipped' : 'unknown', detail: error.message };
    }
    if (error instanceof Remark) {
      return { ...row, outcome: 'warning', detail: error.message, meaning, advice };
    }
    if (!(error instanceof Deviation) && !(error instanceof NoAnswer)) throw error;
    const outcome = level === 'MUST' ? 'failed' : 'warning';
    return { ...row, outcome, detail: error.message, meaning, advice };
  }
}
