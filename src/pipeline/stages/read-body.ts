import type { PipelineServices, Read, Routed } from '../context.js';

/**
 * Takes the body as bytes; they are not looked at before they are authenticated.
 *
 * @throws BodyTooLargeError, BodyAbortedError
 */
export async function readBody(services: PipelineServices, routed: Routed): Promise<Read> {
  return { ...routed, body: await routed.call.readBody(services.maxBodyBytes) };
}
