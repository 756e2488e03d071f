import type { VerificationFinding, FindingKind } from './finding.js';

/** Maximum findings of one kind that are kept. A forged log can have one for each line. */
const MAX_OF_A_KIND = 100;

/** Faults that were found: the first of each kind, and how many more there are. */
export class Findings {
  readonly #kept: VerificationFinding[] = [];
  readonly #counts = new Map<FindingKind, number>();
  #total = 0;

  /** Number of findings that were added. */
  get total(): number {
    return this.#total;
  }

  /** The findings that are kept, in the order in which they were added. */
  get list(): readonly VerificationFinding[] {
    return this.#kept;
  }

  /** Number of those that are not in the list, by kind. */
  get more(): Partial<Record<FindingKind, number>> {
    const more: Partial<Record<FindingKind, number>> = {};
    for (const [kind, count] of this.#counts) {
      if (count > MAX_OF_A_KIND) more[kind] = count - MAX_OF_A_KIND;
    }
    return more;
  }

  add(finding: VerificationFinding): void {
    const before = this.#counts.get(finding.kind) ?? 0;
    this.#counts.set(finding.kind, before + 1);
    this.#total += 1;
    if (before < MAX_OF_A_KIND) this.#kept.push(finding);
  }
}
