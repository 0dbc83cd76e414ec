// Loaded into a node before all else: on SIGUSR2 its event loop stands still for a while, as by a computation without end. Timers,
// sockets and signals wait; the process itself goes on.

const SHARED = new Int32Array(new SharedArrayBuffer(4));
export const BLOCKED_MS = 3000;

if (process.env.BLOCKS_ON_SIGNAL === '1') process.on('SIGUSR2', () => void Atomics.wait(SHARED, 0, 0, BLOCKED_MS));
