import { setTimeout as sleep } from 'node:timers/promises';
import { z } from 'zod';
import { LogTail } from '../../audit/read/log-tail.js';
import type { KmsCall } from '../stage/kms.js';
import { type CloudTrailEvent, CloudTrailTail } from './cloudtrail-tail.js';
import { type ProxyMetrics, type ProxyRequests, readProxyMetrics, since } from './proxy-metrics.js';
import { messageOf } from '../../shared/reason-of.js';

/** Time that a record of the audit log may take to be seen. */
const RECORDS_WITHIN_MS = 1_000;
const POLL_MS = 50;
const SUCCESS = 'None';
const CRYPTOGRAPHIC = /^(Encrypt|Decrypt|ReEncrypt|GenerateDataKey(WithoutPlaintext)?)$/;

const recordSchema = z.object({
  type: z.string(),
  operation: z.string().optional(),
  kmsRequestId: z.string().optional(),
  awsPrincipalArn: z.string().optional(),
  accessKeyId: z.string().optional(),
  errorName: z.string().optional(),
});

/** A record of the proxy's audit log, as far as a rehearsal looks at it. */
type AuditRecord = Readonly<z.output<typeof recordSchema>>;

/** Calls of KMS that ended alike. */
export interface KmsCalls {
  readonly operation: string;
  readonly count: number;
  /** Absent for success. */
  readonly exception?: string | undefined;
  /** KMS's text of the exception. */
  readonly message?: string | undefined;
}

/** The proxy's own records of a chapter's calls. */
export interface AuditAccount {
  readonly requests: readonly ProxyRequests[];
  /** Access key ids that requests were signed with. */
  readonly accessKeyIds: readonly string[];
  /** Calls of an external key that CloudTrail has as done, and the audit log has not: their ids. */
  readonly missing: readonly string[];
}

/** An account of a chapter, from all sides. */
export interface Account {
  /** The callers' side: what KMS told them. */
  readonly kms: readonly KmsCalls[];
  /** Events of CloudTrail. */
  readonly cloudTrailEvents: number;
  /** KMS's side: requests to the proxy, as CloudWatch counts them. */
  readonly proxyRequests: readonly ProxyRequests[];
  /** Absent where KMS made no request. */
  readonly meanLatencyMs?: number | undefined;
  /** The proxy's side; absent where its audit log cannot be read here. */
  readonly audit?: AuditAccount | undefined;
}

/** The sides of KMS that an account is taken of. */
export interface AccountedKms {
  readonly kms: { takeCalls(): readonly KmsCall[] };
  /** ARN of the caller, which the proxy is told. */
  readonly principal: string;
  readonly cloudTrailBucket: string;
  metrics(): Promise<string>;
  deliverCloudTrail(): Promise<void>;
}

/** Takes the account of each chapter, from the one before on. */
export class Accountant {
  readonly #simulated: AccountedKms;
  readonly #cloudTrail: CloudTrailTail;
  #audit: LogTail | undefined;
  #auditNotRead: string | undefined;
  #metrics: ProxyMetrics = { requests: [], latencyCount: 0, latencySumMs: 0 };

  private constructor(simulated: AccountedKms) {
    this.#simulated = simulated;
    this.#cloudTrail = new CloudTrailTail(simulated.cloudTrailBucket);
  }

  /** @param auditLog folder of the proxy's audit log, where somebody said where it is */
  static async open(simulated: AccountedKms, auditLog: string | undefined): Promise<Accountant> {
    const accountant = new Accountant(simulated);
    if (auditLog !== undefined) {
      await accountant.#reading(async () => {
        accountant.#audit = await LogTail.open(auditLog);
      });
    }
    return accountant;
  }

  /** The reason for which the audit log cannot be read; absent where it can, or nobody named it. */
  get auditNotRead(): string | undefined {
    return this.#auditNotRead;
  }

  /** Takes the account of all that has happened since the last time. */
  async take(): Promise<Account> {
    await this.#simulated.deliverCloudTrail();
    const events = await this.#cloudTrail.take();
    const now = readProxyMetrics(await this.#simulated.metrics());
    const { requests, latencyCount, latencySumMs } = since(this.#metrics, now);
    this.#metrics = now;
    return {
      kms: grouped(this.#simulated.kms.takeCalls()),
      cloudTrailEvents: events.length,
      proxyRequests: requests,
      meanLatencyMs: latencyCount === 0 ? undefined : latencySumMs / latencyCount,
      audit: await this.#auditOf(events),
    };
  }

  async #auditOf(events: readonly CloudTrailEvent[]): Promise<AuditAccount | undefined> {
    const audit = this.#audit;
    if (audit === undefined) return undefined;
    return this.#reading(async () => {
      const wanted = events.filter(usedTheProxy).map(({ requestID }) => requestID);
      const records: AuditRecord[] = [];
      const giveUpAt = performance.now() + RECORDS_WITHIN_MS;
      for (;;) {
        const lines = await audit.take();
        const added = lines.map((line) => recordSchema.parse(JSON.parse(line)));
        records.push(...added.filter((record) => this.#isOurs(record)));
        const known = new Set(records.map(({ kmsRequestId }) => kmsRequestId));
        const missing = wanted.filter((id) => !known.has(id));
        if (missing.length === 0 || performance.now() > giveUpAt) return told(records, missing);
        await sleep(POLL_MS);
      }
    });
  }

  /** An audit log that cannot be read is not read any more, and the rehearsal goes on. */
  async #reading<Result>(read: () => Promise<Result>): Promise<Result | undefined> {
    try {
      return await read();
    } catch (error) {
      this.#audit = undefined;
      this.#auditNotRead = messageOf(error);
      return undefined;
    }
  }

  /** Others may use the proxy at the same time. */
  #isOurs({ type, awsPrincipalArn }: AuditRecord): boolean {
    return type === 'key-operation' && awsPrincipalArn === this.#simulated.principal;
  }
}

/** A call that is done, and cannot have been done without the external key. */
function usedTheProxy({
  eventName,
  errorCode,
  additionalEventData = {},
}: CloudTrailEvent): boolean {
  const isExternal = Object.keys(additionalEventData).some((name) => /xksKeyId$/i.test(name));
  return errorCode === undefined && isExternal && CRYPTOGRAPHIC.test(eventName);
}

function told(records: readonly AuditRecord[], missing: readonly string[]): AuditAccount {
  const counts = new Map<string, ProxyRequests>();
  for (const { operation = '', errorName: ended = SUCCESS } of records) {
    const key = `${operation} ${ended}`;
    counts.set(key, { operation, ended, count: (counts.get(key)?.count ?? 0) + 1 });
  }
  const ids = records.flatMap(({ accessKeyId }) =>
    accessKeyId === undefined ? [] : [accessKeyId],
  );
  return { requests: [...counts.values()], accessKeyIds: [...new Set(ids)], missing };
}

function grouped(calls: readonly KmsCall[]): readonly KmsCalls[] {
  const groups = new Map<string, KmsCalls>();
  for (const { operation, exception } of calls) {
    const key = `${operation} ${exception?.name ?? ''} ${exception?.message ?? ''}`;
    const count = (groups.get(key)?.count ?? 0) + 1;
    groups.set(key, {
      operation,
      count,
      exception: exception?.name,
      message: exception?.message,
    });
  }
  return [...groups.values()];
}
