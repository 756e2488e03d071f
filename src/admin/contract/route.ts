import type { z } from 'zod';

/** The content of a request, as far as its route has such. */
export interface RequestContent {
  /** Named as in the route's path. */
  readonly pathParameters?: Readonly<Record<string, string>>;
  readonly query?: Readonly<Record<string, string | undefined>>;
  /** JSON. */
  readonly body?: unknown;
}

/** One call of the admin API: what its server and its clients must both know of it. */
export interface AdminRoute {
  readonly summary: string;
  readonly method: 'GET' | 'POST';
  /** Whole segments that begin with a colon are path parameters. */
  readonly path: string;
  /** Names only the parts that the request has. */
  readonly request: z.ZodType<RequestContent>;
  /** Fields of the request that the log may have, whichever part they stand in; none is secret. */
  readonly logged: readonly string[];
  /** Fields of the answer that tell what was done, for the log; none is secret. */
  readonly loggedOfAnswer?: readonly string[];
  /** Something is changed, or a secret handed out: logged at info. The rest is looking. */
  readonly isAct: boolean;
  /** HTTP status of a success. */
  readonly status: 200 | 201;
  readonly answer: z.ZodType;
  /** True for what puts another generation in force: it keeps nothing of the one before. */
  readonly outlivesGeneration?: boolean;
  /** True for work that takes its time, for as many keys as there are: clients wait longer. */
  readonly isLong?: boolean;
}

/** The request of a route, as an operation receives it. */
export type RequestOf<R extends AdminRoute> = z.output<R['request']>;

/** The answer of a route, as a client receives it. */
export type AnswerOf<R extends AdminRoute> = z.output<R['answer']>;
