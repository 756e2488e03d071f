import type { z } from 'zod';
import type { KmsClient } from './kms-client.js';

/** Lists one page after the other, to the last. @throws KmsError */
export async function* pagesOf<Page extends { readonly NextMarker?: string | undefined }>(
  kms: KmsClient,
  operation: string,
  page: z.ZodType<Page>,
): AsyncGenerator<Page> {
  let Marker: string | undefined;
  do {
    const answer = await kms.call(operation, { Marker }, page);
    yield answer;
    Marker = answer.NextMarker;
  } while (Marker !== undefined);
}
