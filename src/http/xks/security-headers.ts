import { IncomingMessage, ServerResponse } from 'node:http';
import { Socket } from 'node:net';
import helmet from 'helmet';

/** KMS is no browser: of helmet's headers these two mean something to whoever else looks in. */
const xksHelmet = helmet({
  strictTransportSecurity: true,
  xContentTypeOptions: true,
  contentSecurityPolicy: false,
  crossOriginEmbedderPolicy: false,
  crossOriginOpenerPolicy: false,
  crossOriginResourcePolicy: false,
  originAgentCluster: false,
  referrerPolicy: false,
  xDnsPrefetchControl: false,
  xDownloadOptions: false,
  xFrameOptions: false,
  xPermittedCrossDomainPolicies: false,
  xPoweredBy: false,
  xXssProtection: false,
});

/** Name, value, name, value …, as `writeHead` takes them at the least expense. */
export type HeaderList = readonly string[];

/**
 * The security headers of every answer on an XKS listener. They are the same each time, so helmet
 * is asked once: setting them anew on every response costs half of what Express does.
 */
export const SECURITY_HEADERS: HeaderList = askHelmet();

function askHelmet(): HeaderList {
  const response = new ServerResponse(new IncomingMessage(new Socket()));
  xksHelmet(response.req, response, () => undefined);
  return Object.entries(response.getHeaders()).flatMap(([name, value]) => [name, String(value)]);
}
