import { readdirSync, readFileSync } from 'node:fs';

/** /proc counts CPU time in ticks of 10 ms (USER_HZ, 100 on every Linux that Node supports). */
const US_PER_TICK = 10_000;
const BYTES_PER_KIB = 1024;

/**
 * CPU time a process and its children have used, in µs: user and system, those that have ended
 * and been waited for, and those that still live.
 *
 * @see proc_pid_stat(5), fields 14 to 17
 */
export function cpuTimeUs(pid: number): number {
  return processTree(pid).reduce((sum, member) => {
    const [utime, stime, cutime, cstime] = statFields(member).slice(11, 15).map(Number);
    return sum + ((utime ?? 0) + (stime ?? 0) + (cutime ?? 0) + (cstime ?? 0)) * US_PER_TICK;
  }, 0);
}

/** Resident memory of a process and its living children, in bytes. */
export function residentBytes(pid: number): number {
  return processTree(pid).reduce((sum, member) => {
    const status = readFileSync(`/proc/${String(member)}/status`, 'utf8');
    return sum + Number(/^VmRSS:\s+(\d+) kB$/m.exec(status)?.[1] ?? 0) * BYTES_PER_KIB;
  }, 0);
}

/** Time the hypervisor gave to others while a core of ours wanted to run, in ms since boot. */
export function stolenMs(core: number): number {
  const line = new RegExp(`^cpu${String(core)} (.*)$`, 'm').exec(
    readFileSync('/proc/stat', 'utf8'),
  );
  return (Number(line?.[1]?.split(' ')[7] ?? 0) * US_PER_TICK) / 1000;
}

function processTree(pid: number): number[] {
  const tasks = `/proc/${String(pid)}/task`;
  const children = readdirSync(tasks).flatMap((task) =>
    readFileSync(`${tasks}/${task}/children`, 'utf8').split(' ').filter(Boolean).map(Number),
  );
  return [pid, ...children.flatMap(processTree)];
}

/** The fields behind the program's name, which may itself hold spaces and parentheses. */
function statFields(pid: number): string[] {
  const stat = readFileSync(`/proc/${String(pid)}/stat`, 'utf8');
  return stat.slice(stat.lastIndexOf(')') + 2).split(' ');
}
