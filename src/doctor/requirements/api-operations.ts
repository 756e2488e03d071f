import { type Operation, OPERATION_NAMES, OPERATIONS, pathOf, SERVED } from '../calls.js';
import type { Answer } from '../client/answer.js';
import { metadataBody } from '../client/bodies.js';
import { askMetadata } from '../calls.js';
import { WRONG_ERROR } from '../explanations.js';
import { refusedAs, told } from '../judgement.js';
import type { Requirement, Section, Subject } from '../requirement.js';
import { demand } from '../verdict.js';

const METHOD_NOT_ALLOWED = 405;

async function sendTo(subject: Subject, method: string, operation: Operation): Promise<Answer> {
  const client = subject.newClient();
  try {
    const path = `${subject.endpoint.uriPath}/${pathOf(subject, operation)}`;
    return await client.send(method, path, {}, Buffer.of());
  } finally {
    client.close();
  }
}

const getIsNotAllowed = OPERATIONS.map(
  (operation): Requirement => ({
    id: `methods.get.${operation}`,
    level: 'MUST',
    text: `a signed GET on the path of ${OPERATION_NAMES[operation]} is answered with 405`,
    after: operation === 'health' ? SERVED.health : SERVED.metadata,
    meaning: 'KMS sends no GET; the specification asks for it all the same.',
    advice: 'Answer every method but POST with 405 and the header Allow: POST.',
    check: async (subject) => {
      // Signed, for proxies that authenticate before they look at the method.
      const answer = await subject.client.call(pathOf(subject, operation), '', { method: 'GET' });
      demand(answer.status === METHOD_NOT_ALLOWED, `answered ${told(answer)}`);
      return undefined;
    },
  }),
);

const otherMethods = ['GET', 'HEAD', 'PUT', 'DELETE', 'OPTIONS'].map(
  (method): Requirement => ({
    id: `methods.${method.toLowerCase()}`,
    level: 'OWN',
    text: `${method} on a path of the API is answered with 405, Allow: POST and no body`,
    after: SERVED.metadata,
    ...WRONG_ERROR,
    check: async (subject) => {
      for (const operation of OPERATIONS) {
        const { status, headers, body } = await sendTo(subject, method, operation);
        const found = `${status}, Allow: ${headers.allow ?? 'none'}, ${body.length} characters`;
        demand(status === METHOD_NOT_ALLOWED && headers.allow === 'POST' && body === '', found);
      }
      return undefined;
    },
  }),
);

/** @see XKS Proxy API, section API operations */
export const apiOperations: Section = {
  title: 'API operations',
  requirements: [
    ...getIsNotAllowed,
    ...otherMethods,
    {
      id: 'paths.long-key-id',
      level: 'SHOULD',
      text: 'an external key id of 129 characters is an error of the table',
      after: SERVED.metadata,
      ...WRONG_ERROR,
      check: async (subject) => {
        const answer = await askMetadata(subject, metadataBody(), 'k'.repeat(129));
        refusedAs(answer, 'InvalidUriPathException', 'KeyNotFoundException', 'ValidationException');
        return undefined;
      },
    },
    {
      id: 'paths.no-key-id',
      level: 'OWN',
      text: 'an external key id that is longer, empty, or of other characters is no path',
      after: SERVED.metadata,
      ...WRONG_ERROR,
      check: async (subject) => {
        const ids = ['k'.repeat(129), '', 'a%2fb', 'quickstart%2Dkey', 'a/b', 'a~b', 'a b', 'ü'];
        for (const id of ids) {
          const path = encodeURI(`${subject.endpoint.uriPath}/keys/${id}/metadata`);
          const client = subject.newClient();
          const sent = { 'Content-Length': '2' };
          const raw = path.replaceAll('%25', '%');
          refusedAs(
            await client.send('POST', raw, sent, Buffer.from('{}')),
            'InvalidUriPathException',
          );
          client.close();
        }
        return undefined;
      },
    },
  ],
};
