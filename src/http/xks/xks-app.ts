import type { IncomingMessage, ServerResponse } from 'node:http';
import express, { type Express } from 'express';

/** Answers one request. Never throws and never rejects, so that Express's error page has no use. */
export type Serve = (request: IncomingMessage, response: ServerResponse) => void;

/** Express parses these without fail; it answers others with an HTML page of its own. */
const PLAIN_TARGET = /^\/[\x21-\x22\x24-\x7e]*$/;

/**
 * The Express application of an XKS listener. It has a single handler, because the pipeline
 * routes on the raw target: Express would decode `%2f`, ignore case and cut off what follows `?`.
 */
export function createXksApp(serve: Serve): Express {
  const app = express();
  app.set('env', 'production');
  app.enable('case sensitive routing');
  app.enable('strict routing');
  app.disable('x-powered-by');
  app.disable('etag');
  app.set('query parser', false);
  app.use(serve);
  return app;
}

/** The listener for the server's `request` event: through the application wherever that can be. */
export function requestListenerOf(app: Express, serve: Serve): Serve {
  return (request, response) => {
    if (PLAIN_TARGET.test(request.url ?? '')) app(request, response);
    else serve(request, response);
  };
}
