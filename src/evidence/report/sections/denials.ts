import type { Collector, SectionPlan } from '../model/collector.js';
import { findingOf, NONE, tallyOf } from '../model/declared.js';

/**
 * Errors by which an authenticated caller is refused, and not because something has failed; with a
 * sentence for those that nobody gets in ordinary use.
 */
const REFUSALS: ReadonlyMap<string, string> = new Map([
  ['AccessDeniedException', ''],
  [
    'InvalidCiphertextException',
    'Ciphertexts could not be opened: they were changed, or another key has made them.',
  ],
  ['KeyNotFoundException', 'Keys were asked for that are not there.'],
  ['InvalidStateException', 'Keys were asked for that are disabled.'],
  ['InvalidKeyUsageException', 'Keys were asked for something that they are not for.'],
  ['ValidationException', 'Requests with a valid signature were malformed.'],
  ['UnsupportedOperationException', ''],
  ['ThrottlingException', 'Requests were refused because there were too many at once.'],
]);
const KEY = { externalKeyId: 'Key', awsPrincipalArn: 'Principal' };
const DENIED = 'Denied by authorization';
const REFUSED = 'Refused, by error';

/** Callers who were refused the use of a key, by reason. */
export function denialsSection(limit: number): SectionPlan {
  const type = 'key-operation';
  const level = 'check';
  const finding = 'Callers with a valid signature were denied the use of a key.';
  return {
    id: 'denials',
    title: 'Denials',
    about:
      'Authenticated callers who were refused: by the decision over the use of the key, because the key ' +
      'may not be used so, is disabled or is not there, or because of what they sent. Failures of the ' +
      'key manager are no denials; they are among the results of the key operations.',
    controls: [
      '10.2.1.4 invalid logical access attempts',
      'Art. 7(2) protection against unauthorised access; Art. 12(2)(c)(i)',
      'A.8.15, A.8.24',
      'Section 9 (accountability)',
    ],
    collectors: [
      findingOf(
        type,
        { level, finding, where: DENIED },
        ({ authorization }) => authorization?.decision === 'denied',
      ),
      refusals(),
      tallyOf(
        type,
        {
          id: 'authorization-denied',
          title: DENIED,
          parts: { ...KEY, by: 'Decided by' },
          limit,
        },
        ({ authorization, externalKeyId = NONE, awsPrincipalArn = NONE }) =>
          authorization?.decision === 'denied'
            ? [externalKeyId, awsPrincipalArn, authorization.by]
            : undefined,
      ),
      tallyOf(
        type,
        { id: 'refusals', title: REFUSED, parts: { errorName: 'Error', ...KEY }, limit },
        ({ errorName = NONE, externalKeyId = NONE, awsPrincipalArn = NONE }) =>
          REFUSALS.has(errorName) ? [errorName, externalKeyId, awsPrincipalArn] : undefined,
      ),
      tallyOf(
        type,
        {
          id: 'refusal-causes',
          title: 'Refused, by cause',
          parts: { errorName: 'Error', cause: 'Cause' },
          limit,
        },
        ({ errorName = NONE, cause = NONE }) =>
          REFUSALS.has(errorName) ? [errorName, cause] : undefined,
      ),
    ],
  };
}

/** Counts refusals by error: nearly all records have none. */
function refusals(): Collector {
  const counts = new Map<string, number>();
  return {
    types: ['key-operation'],
    add: ({ record, inPeriod }) => {
      if (record.type !== 'key-operation' || record.errorName === undefined || !inPeriod) return;
      counts.set(record.errorName, (counts.get(record.errorName) ?? 0) + 1);
    },
    findings: () =>
      [...REFUSALS].flatMap(([error, text]) => {
        const finding = `${text} (${error})`;
        const count = text === '' ? 0 : (counts.get(error) ?? 0);
        return [{ level: 'check', count, finding, where: REFUSED }];
      }),
  };
}
