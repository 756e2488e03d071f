/** Requests to the proxy that ended alike. */
export interface ProxyRequests {
  /** Operation of the XKS Proxy API. */
  readonly operation: string;
  /** Name of the error or the exception; `None` for success. */
  readonly ended: string;
  readonly count: number;
}

/** CloudWatch's view of the proxy. */
export interface ProxyMetrics {
  readonly requests: readonly ProxyRequests[];
  readonly latencyCount: number;
  readonly latencySumMs: number;
}

const SAMPLE = /^(\w+)(?:\{(.*)\})? (\S+)$/;

/** Reads CloudWatch's metrics in the text form of Prometheus, summed over key stores. */
export function readProxyMetrics(text: string): ProxyMetrics {
  const counts = new Map<string, ProxyRequests>();
  let latencyCount = 0;
  let latencySumMs = 0;
  for (const line of text.split('\n')) {
    const [, name = '', labels = '', value = ''] = SAMPLE.exec(line) ?? [];
    if (name === 'XksProxyLatency_count') latencyCount += Number(value);
    if (name === 'XksProxyLatency_sum') latencySumMs += Number(value);
    if (name !== 'XksProxyErrors') continue;
    const operation = labelIn(labels, 'XksOperation');
    const ended = labelIn(labels, 'ExceptionName');
    const key = `${operation} ${ended}`;
    const count = (counts.get(key)?.count ?? 0) + Number(value);
    counts.set(key, { operation, ended, count });
  }
  return { requests: [...counts.values()], latencyCount, latencySumMs };
}

/** These labels are names of the API, in which nothing is escaped. */
function labelIn(labels: string, name: string): string {
  return new RegExp(`\\b${name}="([^"]*)"`).exec(labels)?.[1] ?? '';
}

/** Returns what has come since an earlier reading. */
export function since(earlier: ProxyMetrics, now: ProxyMetrics): ProxyMetrics {
  const requests = now.requests.map((group) => {
    const before = earlier.requests.find(
      ({ operation, ended }) => operation === group.operation && ended === group.ended,
    );
    return { ...group, count: group.count - (before?.count ?? 0) };
  });
  return {
    requests: requests.filter(({ count }) => count > 0),
    latencyCount: now.latencyCount - earlier.latencyCount,
    latencySumMs: now.latencySumMs - earlier.latencySumMs,
  };
}
