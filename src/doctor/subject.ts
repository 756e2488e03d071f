import type { Authorities } from './authorities/authorities.js';
import type { RecordedAnswer } from './client/answer.js';
import type { Endpoint } from './client/endpoint.js';
import { ProxyClient } from './client/proxy-client.js';
import type { Subject, SubjectKeys } from './requirement.js';

/** The content of a run: where, with which keys and how much. */
export interface SubjectDescription {
  readonly endpoint: Endpoint;
  readonly keys: SubjectKeys;
  readonly isReadOnly: boolean;
  readonly plaintext: Buffer;
  readonly authorities: Authorities;
  readonly samples: number;
}

/** Makes the subject of one run. @returns the subject, and an end to its connections */
export function makeSubject(
  description: SubjectDescription,
): Subject & { readonly close: () => void } {
  const record: RecordedAnswer[] = [];
  const client = new ProxyClient(description.endpoint, record);
  return {
    ...description,
    client,
    record,
    newClient: (settings, endpoint = description.endpoint) =>
      new ProxyClient(endpoint, record, settings),
    close: () => {
      client.close();
    },
  };
}
