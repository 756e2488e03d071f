/**
 * Acts when a time has passed, once what has arrived by then is read. Node runs timers before it
 * reads sockets: after a stall of this process a timer alone would throw away answers that are
 * there already.
 *
 * @param afterMs from now
 * @returns calls it off
 */
export function afterReading(afterMs: number, act: () => void): () => void {
  let immediate: NodeJS.Immediate | undefined;
  const timer = setTimeout(() => {
    immediate = setImmediate(act);
  }, afterMs);
  return () => {
    clearTimeout(timer);
    clearImmediate(immediate);
  };
}
