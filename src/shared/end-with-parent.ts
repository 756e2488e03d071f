// Given to Node as `--import` of a process that another one has started with an IPC channel, and
// run before all else: it ends when that one is gone, however that ended. Nobody can see SIGKILL.
process.once('disconnect', () => process.kill(process.pid, 'SIGTERM'));
process.channel?.unref();
