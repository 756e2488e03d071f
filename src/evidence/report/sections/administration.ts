import type { FindingLevel, SectionPlan } from '../model/collector.js';
import { findingOf, isSuccess, listOf, tallyOf, totalOf } from '../model/declared.js';

/** Kinds of acts, by each of those who did them. */
const MAX_ACTS = 1000;
/** Acts that give somebody more than before, and what they did. */
const LOOSENING = {
  exportKeyStore: 'handed out the credentials of a key store',
  exportCredential: 'handed out a credential of a key store',
  addCredential: 'made a credential of a key store',
  enableCredential: 'enabled a credential of a key store again',
};
const ACTS = 'In their order';

/** Acts of administrators, and their attempts. */
export function administrationSection(): SectionPlan {
  const type = 'administrative-act';
  const check = (finding: string) => ({ level: 'check' as FindingLevel, finding, where: ACTS });
  return {
    id: 'administration',
    title: 'Administrative acts',
    about:
      'Every operation of the administration interface, with who asked for it. By: the user of the process ' +
      "that asked, by the word of the host's kernel. Logged in as: who had logged in before becoming that " +
      'user (sudo).',
    controls: [
      '10.2.1.2 acts with administrative access; 10.2.1.5 changes to credentials; 3.7.1 key generation',
      'Art. 7(1) lifecycle; Art. 12(2)(c)(iii) change management',
      'A.8.15, A.8.24',
      'Section 8 (phases), Section 9 (accountability)',
    ],
    collectors: [
      ...Object.entries(LOOSENING).map(([act, what]) =>
        findingOf(
          type,
          check(`Administrative acts ${what} (${act}).`),
          (record) => record.act === act && isSuccess(record),
        ),
      ),
      findingOf(type, check('Administrative acts were refused or failed.'), (r) => !isSuccess(r)),
      findingOf(
        type,
        check('Administrative acts have no user: the system did not tell it.'),
        (record) => record.with?.uid === undefined,
      ),
      totalOf(type, 'Administrative acts', () => true),
      tallyOf(
        type,
        {
          id: 'administrative-acts-by-act',
          title: 'By act',
          parts: { act: 'Act', by: 'By' },
          limit: MAX_ACTS,
        },
        ({ act, by }) => [act, by],
      ),
      listOf(
        [type],
        {
          id: 'administrative-acts',
          title: ACTS,
          titles: {
            time: ['Time', 'time'],
            replica: 'Replica',
            sequence: ['Sequence', 'id'],
            act: 'Act',
            externalKeyId: 'On key',
            keyStore: 'On key store',
            by: 'By',
            uid: ['User id', 'id'],
            loginUser: 'Logged in as',
            result: 'Result',
            errorCode: 'Error',
            request: ['Request', 'code'],
          },
          marked: { key: 'result', values: ['failure'] },
        },
        ({ record, inPeriod }) => {
          if (!inPeriod) return undefined;
          const { time, replica, sequence, act, externalKeyId, keyStore, by } = record;
          const { uid, loginUid, loginUser = loginUid && `uid ${loginUid}` } = record.with ?? {};
          const { result, errorCode, request } = record;
          return {
            ...{ time, replica, sequence, act, externalKeyId, keyStore, by, uid, loginUser },
            ...{ result, errorCode, request: JSON.stringify(request) },
          };
        },
      ),
    ],
  };
}
