import type { FindingLevel, SectionPlan } from '../model/collector.js';
import { findingOf, listOf, NONE, tallyOf, totalOf } from '../model/declared.js';

const FAILURES = 'By failure';
const OMITTED = 'Left out';

/** Requests that nobody vouched for, and how many of them were counted instead of recorded. */
export function unauthenticatedSection(limit: number): SectionPlan {
  const type = 'unauthenticated';
  const level: FindingLevel = 'check';
  const shape = (id: string, title: string, parts: Record<string, string>) => ({
    ...{ id: `unauthenticated-${id}`, title, parts, limit },
  });
  return {
    id: 'unauthenticated',
    title: 'Unauthenticated requests',
    about:
      'Requests whose signature did not hold, or that asked for nothing that is here. What they say of ' +
      'themselves is a claim. Their records are bounded in number, so that strangers cannot fill the ' +
      'disk: what was left out was counted.',
    controls: [
      '10.2.1.4 invalid logical access attempts',
      'Art. 12(2)(b) detection of anomalous activities; Art. 12(2)(c)(i)',
      'A.8.15',
      'Section 9 (audit)',
    ],
    collectors: [
      findingOf(
        type,
        { level, finding: 'Requests had no valid signature.', where: FAILURES },
        ({ authenticationFailure }) => authenticationFailure !== undefined,
      ),
      findingOf(
        type,
        {
          level,
          finding: 'Requests without authentication asked for nothing that is here.',
          where: FAILURES,
        },
        ({ authenticationFailure }) => authenticationFailure === undefined,
      ),
      findingOf(
        'omitted',
        {
          level,
          finding: 'Requests without authentication were counted and not recorded.',
          where: OMITTED,
        },
        ({ count }) => count,
      ),
      totalOf(type, 'Requests without authentication, with a record', () => true),
      tallyOf(
        type,
        shape('failures', FAILURES, { errorName: 'Error', why: 'Failure' }),
        ({ errorName = NONE, authenticationFailure, cause, target }) => [
          errorName,
          authenticationFailure ?? cause ?? (target === undefined ? NONE : 'no such path'),
        ],
      ),
      tallyOf(
        type,
        shape('addresses', 'By client address', { clientAddress: 'Client address' }),
        ({ clientAddress }) => [clientAddress],
      ),
      tallyOf(
        type,
        shape('credentials', 'By claimed credential', {
          accessKeyId: 'Access key id',
          keyStore: 'Key store',
        }),
        ({ accessKeyId = NONE, keyStore = NONE }) => [accessKeyId, keyStore],
      ),
      listOf(
        ['omitted'],
        {
          id: 'omitted',
          title: OMITTED,
          titles: {
            replica: 'Replica',
            from: ['From', 'time'],
            to: ['To', 'time'],
            count: ['Requests', 'count'],
            byErrorName: 'By error',
          },
        },
        ({ record: { replica, from, to, count, byErrorName }, inPeriod }) =>
          inPeriod ? { replica, from, to, count, byErrorName: countsText(byErrorName) } : undefined,
      ),
    ],
  };
}

function countsText(counts: Readonly<Record<string, number>>): string {
  return Object.entries(counts)
    .map(([name, count]) => `${name}: ${count}`)
    .join(', ');
}
