import { IncomingMessage, ServerResponse } from 'node:http';
import express, { type Express } from 'express';

/** Answers one request. Never throws and never rejects, so that Express's error page has no use. */
export type Serve = (request: IncomingMessage, response: ServerResponse) => void;

/**
 * The Express application of an XKS listener, without what Express costs a request: it neither
 * swaps prototypes nor matches paths. The pipeline routes on the raw target, because Express would
 * decode `%2f`, ignore case and cut off what follows `?`, so its router has a single route.
 * Relies on Express's inside; a test holds it to that.
 *
 * @see docs/adr/0001-express-without-its-price.md
 */
export function createXksApp(serve: Serve): Express {
  const app = express();
  app.set('env', 'production');
  app.disable('x-powered-by');
  return Object.defineProperties(app, {
    router: { value: { handle: serve } },
    request: { value: IncomingMessage.prototype },
    response: { value: ServerResponse.prototype },
  });
}
