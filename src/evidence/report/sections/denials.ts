import type { Collector, Entry } from '../model/collector.js';
import type { Section } from '../model/document.js';
import { Tally } from '../model/tally.js';
import { tallyTable } from '../model/tally-table.js';

/** Errors by which an authenticated caller is refused, and not because something has failed. */
const REFUSALS: ReadonlySet<string> = new Set([
  'AccessDeniedException',
  'InvalidKeyUsageException',
  'InvalidStateException',
  'KeyNotFoundException',
  'ValidationException',
  'InvalidCiphertextException',
  'UnsupportedOperationException',
  'ThrottlingException',
]);
const NONE = '(none)';

/** Who was refused the use of which key, and why. */
export class DenialsCollector implements Collector {
  readonly #limit: number;
  readonly #denied = new Tally();
  readonly #refused = new Tally();
  readonly #causes = new Tally();

  constructor(limit: number) {
    this.#limit = limit;
  }

  add({ record, inPeriod }: Entry): void {
    if (!inPeriod || record.type !== 'key-operation') return;
    const { time, externalKeyId = NONE, awsPrincipalArn = NONE, authorization } = record;
    if (authorization?.decision === 'denied') {
      this.#denied.add([externalKeyId, awsPrincipalArn, authorization.by], time, false);
    }
    const { result, errorName = NONE, cause = NONE } = record;
    if (result === 'success' || !REFUSALS.has(errorName)) return;
    this.#refused.add([errorName, externalKeyId, awsPrincipalArn], time, false);
    this.#causes.add([errorName, cause], time, false);
  }

  section(): Section {
    const key = { externalKeyId: 'Key', awsPrincipalArn: 'Principal' };
    const table = (tally: Tally, id: string, title: string, parts: Record<string, string>) =>
      tallyTable(tally, this.#limit, { id, title, parts });
    return {
      id: 'denials',
      title: 'Denials',
      about:
        'Authenticated callers who were refused: by the decision over the use of the key, because the key ' +
        'may not be used so, is disabled or is not there, or because of what they sent. Failures of the ' +
        'key manager are no denials; they are among the results of the key operations.',
      tables: [
        table(this.#denied, 'authorization-denied', 'Denied by authorization', {
          ...key,
          by: 'Decided by',
        }),
        table(this.#refused, 'refusals', 'Refused, by error', { errorName: 'Error', ...key }),
        table(this.#causes, 'refusal-causes', 'Refused, by cause', {
          errorName: 'Error',
          cause: 'Cause',
        }),
      ],
    };
  }
}
