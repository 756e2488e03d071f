import { describe, expect, it } from 'vitest';
import { Chain, LineHead, lineStart, linkTo } from '../../../../src/audit/read/chain.js';
import { MerkleFrontier } from '../../../../src/transparency-log/frontier.js';
import { leafHash } from '../../../../src/transparency-log/hashes.js';

function begins(head: LineHead, text: string): boolean {
  const line = Buffer.from(`${text}"time"`);
  return head.begins(line, 0, line.length);
}

describe('LineHead', () => {
  it('advanced over every change of digits → begins as the line at that place', () => {
    const head = new LineHead();
    head.moveTo(0, undefined);
    expect(begins(head, lineStart(0))).toBe(true);
    for (let sequence = 1; sequence <= 11_000; sequence += 1) {
      const previous = leafHash(Buffer.from(String(sequence)));
      head.advance(sequence, previous);
      if (!begins(head, `${lineStart(sequence)}${linkTo(previous)}`)) expect.fail(`${sequence}`);
    }
    expect(begins(head, lineStart(11_000))).toBe(false);
  });

  it('a line that ends before its head does → does not begin so', () => {
    const head = new LineHead();
    head.moveTo(7, leafHash(Buffer.from('x')));
    const line = Buffer.from(`${lineStart(7)}\n${lineStart(8)}`);
    expect(head.begins(line, 0, lineStart(7).length)).toBe(false);
  });
});

describe('Chain', () => {
  it('lines in the middle of bytes → the tree and the link of the lines alone', () => {
    const chain = new Chain(MerkleFrontier.empty(), undefined);
    const expected = MerkleFrontier.empty();
    for (let sequence = 0; sequence < 12; sequence += 1) {
      const line = `${lineStart(sequence)}${linkTo(chain.previous)}"time":""}`;
      const bytes = Buffer.from(`before\n${line}\nafter`);
      expect(chain.isNext(bytes, 7, 7 + line.length)).toBe(true);
      expect(chain.isNext(bytes, 0, bytes.length)).toBe(false);
      chain.append(bytes, 7, 7 + line.length);
      expected.append(leafHash(Buffer.from(line)));
      expect(chain.previous).toBe(leafHash(Buffer.from(line)));
    }
    expect(chain.tree.root()).toBe(expected.root());
  });
});
