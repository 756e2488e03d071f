import type { Answer } from '../client/answer.js';
import { OPERATION_NAMES, SERVED } from '../calls.js';
import { WRONG_ERROR } from '../explanations.js';
import { refusedAs } from '../judgement.js';
import type { Requirement, Subject } from '../requirement.js';

/** No Base64 in any reading. */
const NONE: readonly unknown[] = ['!', '====', 7, {}];
/** Base64 in a lenient reading alone: another alphabet, no padding, blanks, bits that are lost. */
const LENIENT: readonly unknown[] = ['_-8=', 'YQ', 'YQ=', 'Y Q==', 'YQ==\n', 'YR=='];

/** A field of a request in Base64. */
export interface Base64Field {
  readonly operation: 'encrypt' | 'decrypt';
  readonly field: string;
  readonly isOptional: boolean;
}

/** The requirements for a field in Base64. @param ask makes the call with a value in the field */
export function base64Requirements(
  { operation, field, isOptional }: Base64Field,
  ask: (subject: Subject, value: unknown) => Promise<Answer>,
): readonly Requirement[] {
  const name = `${OPERATION_NAMES[operation]}: ${field}`;
  // Null stands for an absent field in many languages.
  const groups = [
    ['base64', 'MUST', 'that is no Base64', isOptional ? NONE : [...NONE, null]],
    ['strict-base64', 'SHOULD', 'in Base64 other than standard and padded', LENIENT],
    ...(isOptional ? ([['null', 'OWN', 'that is null', [null]]] as const) : []),
  ] as const;
  return groups.map(
    ([id, level, title, values]): Requirement => ({
      id: `${operation}.${id}-${field}`,
      level,
      text: `${name} ${title} is refused`,
      after: SERVED[operation],
      ...WRONG_ERROR,
      check: async (subject) => {
        for (const value of values) {
          refusedAs(await ask(subject, value), 'ValidationException', ...ofDecrypt(operation));
        }
        return undefined;
      },
    }),
  );
}

/** The error that a field of a ciphertext may have as well: "corrupted, missing, or invalid". */
function ofDecrypt(operation: 'encrypt' | 'decrypt') {
  return operation === 'decrypt' ? (['InvalidCiphertextException'] as const) : [];
}
