import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { writeFileAtomically } from '../durable/atomic-write.js';
import { namesIn } from '../durable/names-in.js';
import { makePrivateFolder } from '../durable/private.js';
import type { Configuration } from '../configuration/schema.js';
import { keyFolderFields } from '../configuration/written-fields.js';
import { isStoreIn } from '../state/files/state-folder.js';

/** The keys of key managers, the audit log, and the state store. */
const INIT_PARTS = ['keys', 'audit', 'state'] as const;

/** One of the parts that `--init` may begin. */
export type InitPart = (typeof INIT_PARTS)[number];

/**
 * The value of `--init`: everything, as at a first start, or the named parts, in the place of lost
 * ones.
 */
export type Init = true | readonly InitPart[];

/** Only some of what `--init` is to begin is empty, and so something is missing. */
export class FirstStartError extends Error {
  override readonly name = 'FirstStartError';
}

type Asked = Pick<
  Configuration,
  'audit' | 'keyManagers' | 'quickstart' | 'state' | 'stateDirectory'
>;

/** There from before anything is made until a first start has come to its end. */
const MARK = 'first-start';
const MARK_TEXT =
  'A first start with --init was begun, and has not served yet. It can be repeated.\n';

/**
 * A start that may make what is empty. It can be repeated until it has succeeded once. Afterwards
 * an empty folder beside one that is not means that a volume is not mounted, with `--init` as well.
 */
export class FirstStart {
  readonly #mark: string;
  /** True when empty key folders and tokens may be begun. */
  readonly keys: boolean;
  /** True when an audit log may be begun. */
  readonly audit: boolean;
  /** True when such a log takes the place of one that was lost. */
  readonly followsLostLog: boolean;
  /** True when a state store may be begun. */
  readonly state: boolean;
  /** True when what there is of a state store is to be taken for all of it. */
  readonly acceptsLostState: boolean;
  /** True when `--init` was given though everything has been begun and has served. */
  readonly isNeedless: boolean;

  private constructor(asked: Asked, init: Init | undefined, isNeedless: boolean) {
    const parts = init === true ? INIT_PARTS : (init ?? []);
    this.#mark = join(asked.stateDirectory, MARK);
    this.keys = asked.quickstart || parts.includes('keys');
    this.audit = asked.quickstart || parts.includes('audit');
    this.followsLostLog = init !== true && parts.includes('audit');
    // Nobody can look beforehand whether a shared store is empty: where all else has been begun, an
    // empty one is a lost one, also for an --init that was left in a unit file.
    const isLostIfEmpty = isNeedless && asked.state.type === 'postgres';
    this.state = asked.quickstart || (parts.includes('state') && !isLostIfEmpty);
    this.acceptsLostState = init !== true && parts.includes('state');
    this.isNeedless = isNeedless;
  }

  /**
   * Looks at what is there, and marks a first start as begun.
   *
   * @throws FirstStartError where only some of it is empty, and nothing says that this is meant
   */
  static async begin(asked: Asked, init: Init | undefined): Promise<FirstStart> {
    if (init !== true || asked.quickstart) return new FirstStart(asked, init, false);
    const { begun, empty } = await survey(asked);
    const isUnderWay = (await namesIn(asked.stateDirectory)).includes(MARK);
    if (begun.length > 0 && empty.length > 0 && !isUnderWay) throw onlySome(begun, empty);
    if (empty.length > 0) {
      await makePrivateFolder(asked.stateDirectory);
      await writeFileAtomically(join(asked.stateDirectory, MARK), MARK_TEXT);
    }
    return new FirstStart(asked, init, begun.length > 0 && empty.length === 0 && !isUnderWay);
  }

  /** Ends the first start: from now on, what is empty is missing. */
  async succeeded(): Promise<void> {
    await rm(this.#mark, { force: true });
  }
}

interface Found {
  readonly part: InitPart;
  readonly directory: string;
  readonly isBegun: boolean;
}

async function survey(asked: Asked) {
  const found: Found[] = [];
  if (asked.audit !== undefined) {
    const { directory } = asked.audit;
    const isBegun = (await namesIn(directory)).some((name) => /\.jsonl(\.gz)?$/.test(name));
    found.push({ part: 'audit', directory, isBegun });
  }
  if (asked.state.type === 'files') {
    const { directory } = asked.state;
    found.push({ part: 'state', directory, isBegun: await isStoreIn(directory) });
  }
  for (const { value: directory, keysAreIn } of keyFolderFields(asked)) {
    found.push({ part: 'keys', directory, isBegun: await keysAreIn(directory) });
  }
  return {
    begun: found.filter(({ isBegun }) => isBegun),
    empty: found.filter(({ isBegun }) => !isBegun),
  };
}

function onlySome(begun: readonly Found[], empty: readonly Found[]): FirstStartError {
  const paths = (found: readonly Found[]) => found.map(({ directory }) => directory).join(', ');
  const parts = [...new Set(empty.map(({ part }) => part))].join(',');
  return new FirstStartError(
    `This is no first start: something has been begun in ${paths(begun)}, and there is nothing ` +
      `in ${paths(empty)}. A volume may not be mounted, or a backup has to be restored. If what was ` +
      `there is lost for good, or never was, begin that alone: --init ${parts}`,
  );
}
