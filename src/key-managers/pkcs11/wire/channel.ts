/** File descriptor of the child's end of the pipe. Libraries write to standard output. */
export const CHANNEL_FD = 3;
