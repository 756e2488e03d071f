import type { Collector, Entry, ReportFinding } from '../model/collector.js';
import type { Section } from '../model/document.js';
import { Tally } from '../model/tally.js';

/**
 * Errors by which an authenticated caller is refused, and not because something has failed; with a
 * sentence for those that nobody gets in ordinary use.
 */
const REFUSALS: ReadonlyMap<string, string | undefined> = new Map([
  ['AccessDeniedException', undefined],
  [
    'InvalidCiphertextException',
    'Ciphertexts could not be opened: they were changed, or another key has made them.',
  ],
  ['KeyNotFoundException', 'Keys were asked for that are not there.'],
  ['InvalidStateException', 'Keys were asked for that are disabled.'],
  ['InvalidKeyUsageException', 'Keys were asked for something that they are not for.'],
  ['ValidationException', 'Requests with a valid signature were malformed.'],
  ['UnsupportedOperationException', undefined],
  ['ThrottlingException', 'Requests were refused because there were too many at once.'],
]);
const NONE = '(none)';

/** Who was refused the use of which key, and why. */
export class DenialsCollector implements Collector {
  readonly #denied: Tally;
  readonly #refused: Tally;
  readonly #causes: Tally;
  readonly #byError = new Map<string, number>();

  constructor(limit: number) {
    const tally = (id: string, title: string, parts: Record<string, string>) =>
      new Tally({ id, title, parts, limit });
    const key = { externalKeyId: 'Key', awsPrincipalArn: 'Principal' };
    const by = { by: 'Decided by' };
    this.#denied = tally('authorization-denied', 'Denied by authorization', { ...key, ...by });
    this.#refused = tally('refusals', 'Refused, by error', { errorName: 'Error', ...key });
    const cause = { errorName: 'Error', cause: 'Cause' };
    this.#causes = tally('refusal-causes', 'Refused, by cause', cause);
  }

  add({ record, timeMs, inPeriod }: Entry): void {
    if (!inPeriod || record.type !== 'key-operation') return;
    const { result, errorName = NONE, authorization } = record;
    const isDenied = authorization?.decision === 'denied';
    const isRefused = result !== 'success' && REFUSALS.has(errorName);
    if (!isDenied && !isRefused) return;
    const { externalKeyId = NONE, awsPrincipalArn = NONE, cause = NONE } = record;
    if (isDenied)
      this.#denied.add([externalKeyId, awsPrincipalArn, authorization.by], timeMs, false);
    if (!isRefused) return;
    this.#refused.add([errorName, externalKeyId, awsPrincipalArn], timeMs, false);
    this.#causes.add([errorName, cause], timeMs, false);
    this.#byError.set(errorName, (this.#byError.get(errorName) ?? 0) + 1);
  }

  findings(): readonly ReportFinding[] {
    const denied: ReportFinding = {
      level: 'check',
      count: this.#denied.total,
      finding: 'Callers with a valid signature were denied the use of a key.',
      section: 'denials',
      where: 'Denied by authorization',
    };
    const refused = [...REFUSALS].flatMap(([errorName, finding]): ReportFinding[] => {
      const count = this.#byError.get(errorName) ?? 0;
      const where = 'Refused, by error';
      return finding === undefined
        ? []
        : [
            {
              level: 'check',
              count,
              finding: `${finding} (${errorName})`,
              section: 'denials',
              where,
            },
          ];
    });
    return [denied, ...refused];
  }

  section(): Section {
    return {
      id: 'denials',
      title: 'Denials',
      about:
        'Authenticated callers who were refused: by the decision over the use of the key, because the key ' +
        'may not be used so, is disabled or is not there, or because of what they sent. Failures of the ' +
        'key manager are no denials; they are among the results of the key operations.',
      tables: [this.#denied.table(), this.#refused.table(), this.#causes.table()],
    };
  }
}
