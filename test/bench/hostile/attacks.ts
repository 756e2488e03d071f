/** An attacker's traffic on each of its connections, again and again. Nothing of it is signed. */
export interface Attack {
  readonly name: string;
  /** Connections that send; absent for one that only opens silent ones. */
  readonly connections: number;
  /** Bytes that go out in one write; several writes are several TLS records. */
  readonly writes: readonly Buffer[];
  /** Bytes that are sent once on each connection, before the rest. */
  readonly opening?: Buffer;
}

const CONNECTIONS = 60;
/** Number of heads that a container of 512 MiB once could not hold. */
const HOLDING_CONNECTIONS = 1_400;
const WRITE_BYTES = 16_384;
const HEAD_BYTES = 15_000;

/** All of them. Each runs together with silent connections. */
export function attacksOn(uriPath: string): readonly Attack[] {
  const head = (path: string, headers: string): string =>
    `POST ${path} HTTP/1.1\r\nhost: x\r\n${headers}\r\n`;
  const encrypt = `${uriPath}/keys/k/encrypt`;
  const chunks = `transfer-encoding: chunked\r\n`;
  const oneByteChunks = '1\r\na\r\n'.repeat(60_000);
  const unsigned = head(encrypt, 'content-length: 0\r\n');
  return [
    { name: 'silent connections', connections: 0, writes: [] },
    repeated('one-byte chunks', `${head(encrypt, chunks)}${oneByteChunks}0\r\n\r\n`),
    repeated('one-byte chunks, unknown path', `${head('/none', chunks)}${oneByteChunks}0\r\n\r\n`),
    repeated(
      'chunk extensions',
      `${head(encrypt, chunks)}${'1;a=b;c=d\r\na\r\n'.repeat(9_000)}0\r\n\r\n`,
    ),
    repeated('tiny headers', head(encrypt, `content-length: 0\r\n${headers(2_900, '')}`)),
    repeated('trailers', `${head(encrypt, chunks)}0\r\n${headers(2_900, '')}\r\n`),
    {
      name: 'heads held, bodies trickle',
      connections: HOLDING_CONNECTIONS,
      opening: Buffer.from(
        head(encrypt, `content-length: 60000\r\n${headers(60, 'x'.repeat(HEAD_BYTES / 60))}`),
      ),
      writes: [Buffer.from('x')],
    },
    repeated('unsigned requests', unsigned),
    { ...repeated('unsigned, one at a time', unsigned), writes: [Buffer.from(unsigned)] },
    repeated('/ping', 'GET /ping HTTP/1.1\r\nhost: x\r\n\r\n'),
    repeated('no HTTP', 'no HTTP\r\n\r\n'),
    {
      name: 'TLS records of one byte',
      connections: CONNECTIONS,
      writes: Array.from({ length: 64 }, () => Buffer.from('a')),
      opening: Buffer.from(head(encrypt, 'content-length: 60000\r\n')),
    },
  ];
}

/** One write holds as many as fit, as a client would send that does not wait. */
function repeated(name: string, text: string): Attack {
  const bytes = Buffer.from(text.repeat(Math.max(1, Math.floor(WRITE_BYTES / text.length))));
  const writes: Buffer[] = [];
  for (let at = 0; at < bytes.length; at += WRITE_BYTES) {
    writes.push(bytes.subarray(at, at + WRITE_BYTES));
  }
  return { name, connections: CONNECTIONS, writes };
}

function headers(count: number, value: string): string {
  const name = (index: number): string => index.toString(36).padStart(2, 'a');
  return Array.from({ length: count }, (_, index) => `${name(index)}:${value}\r\n`).join('');
}
