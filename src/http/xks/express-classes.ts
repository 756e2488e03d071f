import { IncomingMessage, ServerResponse } from 'node:http';
import type { Express } from 'express';

/** What `createServer` makes its requests and responses from. */
export interface MessageClasses {
  readonly IncomingMessage: typeof IncomingMessage;
  readonly ServerResponse: typeof ServerResponse;
}

/**
 * Spares Express the change of prototypes that it makes to every request and response, which
 * costs more processor time than the cryptography: the server makes them from classes that
 * already have the application's prototypes, and the change changes nothing.
 * Relies on Express's inside; a test holds it to that.
 */
export function messageClassesFor(app: Express): MessageClasses {
  class AppRequest extends IncomingMessage {}
  class AppResponse<Request extends IncomingMessage> extends ServerResponse<Request> {}
  Object.setPrototypeOf(AppRequest.prototype, app.request);
  Object.setPrototypeOf(AppResponse.prototype, app.response);
  Object.assign(app, { request: AppRequest.prototype, response: AppResponse.prototype });
  return { IncomingMessage: AppRequest, ServerResponse: AppResponse };
}
