// The end of the process: what was opened is closed in the opposite order, within a time that operators can rely on.

/** Contract 10: everything ends within 10 s of SIGTERM. */
const STOP_MS = 9500;
/** Of that, for one thing to be closed, unless it says otherwise: who waits longer is left behind. */
const CLOSE_MS = 5500;
/** A terminal and npm both deliver the same Ctrl-C: the second one of the two is no second wish. */
const REPEAT_MS = 1000;

export interface Stopper {
  /** Has `close` called at the end, before everything that was added earlier. */
  readonly add: (close: () => Promise<unknown>, ms_max?: number) => void;
  /** Closes everything and ends the process with that code. */
  readonly stop: (exit_code: number) => Promise<never>;
}

/** Ends the process at SIGTERM, SIGINT and SIGHUP; a second signal, later than a repetition, ends it at once. */
export function stopOnSignals(): Stopper {
  const closes: (() => Promise<void>)[] = [];
  let signalled_at: number | undefined;
  let stopping: Promise<never> | undefined;
  async function closeAll(exit_code: number): Promise<never> {
    // Who is late is a fault, unless why we end is more to the point.
    setTimeout(() => process.exit(exit_code === 0 ? 1 : exit_code), STOP_MS).unref();
    for (const close of closes.reverse()) await close();
    process.exit(exit_code);
  }
  /** The first call counts: what fails because of it is no other end. */
  function stop(exit_code: number): Promise<never> {
    stopping ??= closeAll(exit_code);
    return stopping;
  }
  function onSignal(): void {
    const now = performance.now();
    if (signalled_at === undefined) {
      signalled_at = now;
      void stop(0);
      return;
    }
    if (now - signalled_at > REPEAT_MS) process.exit(1);
  }
  for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP'] as const) process.on(signal, onSignal);
  return { add: (close, ms_max = CLOSE_MS) => closes.push(() => closeOne(close, ms_max)), stop };
}

/** Closes one thing. What cannot be closed, or not in time, must not keep the others from it. */
async function closeOne(close: () => Promise<unknown>, ms_max: number): Promise<void> {
  const timeUp = new Promise((resolve) => setTimeout(resolve, ms_max).unref());
  await Promise.race([close().catch(() => undefined), timeUp]);
}
