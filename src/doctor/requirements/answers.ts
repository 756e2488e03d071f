import type { RecordedAnswer } from '../client/answer.js';
import { ERROR_CODES, isErrorName } from '../error-codes.js';
import { MALFORMED, WRONG_ERROR } from '../explanations.js';
import { told } from '../judgement.js';
import type { Requirement, Section, Subject } from '../requirement.js';
import { Deviation, NotLookedAt } from '../verdict.js';

const MESSAGE = /^[\x20-\x7e]{0,511}$/;

type Which = 'successes' | 'errors' | 'answers';

/** Answers to POST of one kind. */
function answersOf({ record }: Subject, which: Which): readonly RecordedAnswer[] {
  const posts = record.filter(({ isPost }) => isPost);
  if (which === 'answers') return posts;
  return posts.filter(({ status }) => (status === 200) === (which === 'successes'));
}

/** A demand on every answer that was given in this run. */
interface Demand {
  readonly id: string;
  readonly level: Requirement['level'];
  readonly text: string;
  readonly of: Which;
  /** Says what is wrong with an answer. */
  readonly fault: (answer: RecordedAnswer) => string | undefined;
}

const mediaTypeOf = ({ headers }: RecordedAnswer) =>
  headers['content-type']?.split(';')[0]?.trim().toLowerCase();

function typeFault(answer: RecordedAnswer): string | undefined {
  if (mediaTypeOf(answer) === 'application/json') return undefined;
  return `Content-Type is ${answer.headers['content-type'] ?? 'missing'}`;
}

const demands: readonly Demand[] = [
  {
    id: 'answers.content-type',
    level: 'MUST',
    text: 'answers are JSON and say so',
    of: 'successes',
    fault: typeFault,
  },
  {
    id: 'answers.one-line',
    level: 'SHOULD',
    text: 'the JSON is in one line',
    of: 'answers',
    fault: ({ body }) => (/[\r\n]/.test(body.trim()) ? 'the body has several lines' : undefined),
  },
  {
    id: 'errors.content-type',
    level: 'MUST',
    text: 'errors in JSON say that they are JSON',
    of: 'errors',
    // One without an object is judged by the next.
    fault: (answer) => (answer.json === undefined ? undefined : typeFault(answer)),
  },
  {
    id: 'errors.body',
    level: 'MUST',
    text: 'errors have a JSON object with errorName',
    of: 'errors',
    fault: ({ json }) => (json?.['errorName'] === undefined ? 'there is none' : undefined),
  },
  {
    id: 'errors.name',
    level: 'MUST',
    text: 'errorName is in the table',
    of: 'errors',
    fault: ({ json }) => {
      const name = json?.['errorName'];
      return name === undefined || isErrorName(name) ? undefined : 'it is not';
    },
  },
  {
    id: 'errors.status',
    level: 'MUST',
    text: 'the status of an error is the one of the table',
    of: 'errors',
    fault: ({ json, status }) => {
      const name = json?.['errorName'];
      if (!isErrorName(name) || ERROR_CODES[name] === status) return undefined;
      return `${name} has ${ERROR_CODES[name]} there`;
    },
  },
  {
    id: 'errors.message',
    level: 'MUST',
    text: 'errorMessage, if there is one, has fewer than 512 characters of printable ASCII',
    of: 'errors',
    fault: ({ json }) => {
      const message = json?.['errorMessage'];
      if (message === undefined) return undefined;
      return typeof message === 'string' && MESSAGE.test(message) ? undefined : 'it has others';
    },
  },
  {
    id: 'answers.exact-form',
    level: 'OWN',
    text: 'the content type has no parameters and the body is one line',
    of: 'answers',
    fault: ({ headers, body }) =>
      headers['content-type'] === 'application/json' && /^\{[^\r\n]*\}$/.test(body)
        ? undefined
        : 'it is not so',
  },
  {
    id: 'errors.exact-form',
    level: 'OWN',
    text: 'errors have errorName and errorMessage, and nothing else',
    of: 'errors',
    fault: ({ json }) => {
      const names = Object.keys(json ?? {}).sort();
      return names.join() === 'errorMessage,errorName' ? undefined : names.join();
    },
  },
  {
    id: 'answers.no-leak',
    level: 'OWN',
    text: 'no answer tells of a stack, a file or what the server is made of',
    of: 'answers',
    fault: ({ headers, body }) => {
      const named = headers['x-powered-by'] ?? headers['server'];
      if (named !== undefined) return String(named);
      return /node_modules|\.[jt]s\b|\bat \S+ \(|Error:/.test(body) ? 'it does' : undefined;
    },
  },
];

/** @see XKS Proxy API, sections API content type and Error codes */
export const answersSection: Section = {
  title: 'Every answer of this run',
  requirements: demands.map(
    ({ id, level, text, of, fault }): Requirement => ({
      id,
      level,
      text,
      after: 'tls.version',
      ...(id === 'errors.status' ? WRONG_ERROR : MALFORMED),
      check: async (subject) => {
        const answers = answersOf(subject, of);
        if (answers.length === 0) throw NotLookedAt.forWantOf(`there were no ${of}`);
        const faults = answers.flatMap((answer) => {
          const found = fault(answer);
          return found === undefined ? [] : [`${answer.request}: ${found}: ${told(answer)}`];
        });
        const [first] = faults;
        if (first === undefined) return `${answers.length} ${of}`;
        throw new Deviation(`${faults.length} of ${answers.length} ${of}, such as ${first}`);
      },
    }),
  ),
};
