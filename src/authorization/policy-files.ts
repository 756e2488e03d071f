import { accessSync, constants, readdirSync, statSync } from 'node:fs';
import { basename, join } from 'node:path';
import type {
  ConfigurationProblem,
  ConfigurationWarning,
  FieldPath,
} from '../configuration/reading/problem.js';
import {
  changeableBy,
  readTextFile,
  type TextFileReading,
} from '../configuration/reading/text-file.js';
import { errnoOf } from '../shared/errno.js';
import type { PolicySetConfig } from './config.js';
import type { PolicyFile, PolicySource } from './policy-source.js';

const SUFFIX = '.cedar';
const MAX_FILE_BYTES = 256 * 1024;
const MAX_FILES = 500;

/** The result of reading the files of a set. Where there are problems, files are missing. */
export interface PolicySetReading {
  readonly source: Pick<PolicySource, 'files' | 'keys'>;
  readonly problems: readonly ConfigurationProblem[];
  readonly warnings: readonly ConfigurationWarning[];
}

/** The place of a layer's files. */
type LayerConfig = Pick<PolicySetConfig, 'directory' | 'files'>;

/**
 * Reads files of policies, each once: policies are put in force with the configuration that names
 * them, and what a file says later, half of an edit perhaps, waits until somebody asks for it.
 */
export class PolicyFileReader {
  readonly #files = new Map<string, TextFileReading>();
  readonly #folders = new Map<string, readonly string[] | string>();

  /**
   * Reads the files of a set.
   *
   * @param path of the set in the configuration
   */
  readSet(config: PolicySetConfig, path: FieldPath): PolicySetReading {
    const ofStore = this.#readLayer(config, path);
    const ofKeys = config.keys.map(({ externalKeyId, ...layer }, index) => ({
      externalKeyId,
      ...this.#readLayer(layer, [...path, 'keys', index]),
    }));
    return {
      source: {
        files: ofStore.files,
        keys: ofKeys.map(({ externalKeyId, files }) => ({ externalKeyId, files })),
      },
      problems: [...ofStore.problems, ...ofKeys.flatMap(({ problems }) => problems)],
      warnings: [...ofStore.warnings, ...ofKeys.flatMap(({ warnings }) => warnings)],
    };
  }

  #readLayer({ directory, files }: LayerConfig, path: FieldPath) {
    if (directory === undefined) {
      return this.#readFiles(
        (files ?? []).map((file, index) => ({ file, path: [...path, 'files', index] })),
      );
    }
    const names = this.#list(directory);
    const place = [...path, 'directory'];
    if (typeof names === 'string') {
      const allowed = `a readable folder with 1 to ${MAX_FILES} files ${SUFFIX}`;
      return { files: [], problems: [{ path: place, found: names, allowed }], warnings: [] };
    }
    const read = this.#readFiles(
      names.map((name) => ({ file: join(directory, name), path: place })),
    );
    const changeable = changeableFolder(directory);
    if (changeable === undefined) return read;
    return { ...read, warnings: [{ path: place, message: changeable }, ...read.warnings] };
  }

  /** @returns names, or what is wrong with the folder */
  #list(directory: string): readonly string[] | string {
    const names = this.#folders.get(directory) ?? listFolder(directory);
    this.#folders.set(directory, names);
    return names;
  }

  #readFiles(named: readonly { readonly file: string; readonly path: FieldPath }[]) {
    const files: PolicyFile[] = [];
    const problems: ConfigurationProblem[] = [];
    const warnings: ConfigurationWarning[] = [];
    for (const { file, path } of named) {
      const name = basename(file);
      const reading = this.#files.get(file) ?? readTextFile(file, MAX_FILE_BYTES);
      this.#files.set(file, reading);
      if ('found' in reading) {
        const allowed = `a readable file of policies in Cedar, of at most ${MAX_FILE_BYTES} bytes`;
        problems.push({ path, found: reading.found, allowed });
      } else if (files.some((other) => other.name === name)) {
        const found = `${file}, of the same name as another file`;
        problems.push({
          path,
          found,
          allowed: 'files of different names, which name the policies',
        });
      } else {
        files.push({ name, path: file, text: reading.text });
        if (reading.changeable !== undefined) warnings.push({ path, message: reading.changeable });
      }
    }
    return { files, problems, warnings };
  }
}

function listFolder(directory: string): readonly string[] | string {
  try {
    const names = readdirSync(directory)
      .filter((name) => name.endsWith(SUFFIX) && !name.startsWith('.'))
      .sort();
    if (names.length > 0 && names.length <= MAX_FILES) return names;
    return `the folder ${directory} with ${names.length} files ${SUFFIX}`;
  } catch (error) {
    return `the folder ${directory}, which cannot be read (${errnoOf(error) ?? String(error)})`;
  }
}

/**
 * A warning for a folder into which every user can put policies. Volumes of Kubernetes are open to
 * all by their mode, and cannot be written to.
 */
function changeableFolder(directory: string): string | undefined {
  const stats = statSync(directory, { throwIfNoEntry: false });
  const { changeable } = stats === undefined ? {} : changeableBy(directory, stats);
  return changeable !== undefined && isWritable(directory) ? changeable : undefined;
}

function isWritable(directory: string): boolean {
  try {
    accessSync(directory, constants.W_OK);
    return true;
  } catch {
    return false;
  }
}
