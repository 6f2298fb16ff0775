import {readdirSync, readFileSync} from 'node:fs';

/**
 * CPU time a process has used so far over all its threads, in microseconds, from Linux's scheduler statistics. They
 * count nanoseconds; the ticks of `/proc/PID/stat` are too coarse for short windows.
 */
export function cpuMicroseconds(pid: number): number {
  let nanoseconds = 0;
  for (const task of readdirSync(`/proc/${pid}/task`)) {
    const [running = '0'] = readFileSync(`/proc/${pid}/task/${task}/schedstat`, 'utf8').split(' ');
    nanoseconds += Number(running);
  }
  return nanoseconds / 1000;
}

/** CPU time of a process and all its descendants. */
export function treeCpuMicroseconds(pid: number): number {
  const children = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8')
    .trim()
    .split(' ')
    .filter(Boolean)
    .map(Number);
  return children.reduce((sum, child) => sum + treeCpuMicroseconds(child), cpuMicroseconds(pid));
}
