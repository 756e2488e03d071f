/**
 * The child's end of the pipe. Not standard output: libraries write there.
 */
export const CHANNEL_FD = 3;
