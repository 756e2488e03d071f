import { setFlagsFromString } from 'node:v8';

/**
 * Has V8 make all objects in its young generation, for the whole process and from now on. V8 counts
 * by place in the code which objects outlive a collection, and makes the next ones of that place in
 * the old generation. At a start nearly all of them do, because the collections are close together;
 * the same places of zod and of the pipeline then make 1.5 KB of each request there, and a server
 * under load grows by 100 MB before a full collection.
 */
export function withoutPretenuring(): void {
  setFlagsFromString('--no-allocation-site-pretenuring');
}
