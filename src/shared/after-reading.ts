/**
 * Acts when a time has passed, once what has arrived by then is read. Node runs timers before it
 * reads sockets: after a stall of this process a timer alone would throw away answers that are
 * there already.
 *
 * @param afterMs from now
 * @param keepsProcess false where the process may end before
 * @returns calls it off
 */
export function afterReading(afterMs: number, act: () => void, keepsProcess = true): () => void {
  let immediate: NodeJS.Immediate | undefined;
  const timer = setTimeout(() => {
    immediate = setImmediate(act);
  }, afterMs);
  if (!keepsProcess) timer.unref();
  return () => {
    clearTimeout(timer);
    clearImmediate(immediate);
  };
}
