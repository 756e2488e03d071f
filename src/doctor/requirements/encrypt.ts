import { SERVED } from '../calls.js';
import { CALL_FAILS } from '../explanations.js';
import type { Section } from '../requirement.js';
import { answerForm, answerTo, integrityRequirements, twoAnswers } from './encrypt-answers.js';
import { encryptRefusals } from './encrypt-refusals.js';

/** @see XKS Proxy API, section Encrypt */
export const encryptSection: Section = {
  title: 'Encrypt',
  requirements: [
    {
      id: SERVED.encrypt,
      level: 'MUST',
      text: 'Encrypt is served',
      after: SERVED.metadata,
      ...CALL_FAILS,
      check: async (subject) => {
        await answerTo(subject);
        return undefined;
      },
    },
    ...answerForm,
    ...twoAnswers,
    ...integrityRequirements,
    ...encryptRefusals,
  ],
};
