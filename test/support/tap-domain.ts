// What tap takes from `async-hook-domain`: an error that nobody has caught becomes a failure of the test that it is of. The original
// follows every promise of the process to know which that is, which took up to a quarter of a test's time. Tests of a process run one
// after the other here, so it is the one that runs.
import { executionAsyncResource } from 'node:async_hooks';

type OnError = (error: unknown, kind: string) => void;

/** A test as tap has it, and the one within it that runs just now. */
type Running = { readonly occupied?: Running | null };

/** The first is that of the whole file. Tap makes them all before it runs the first. */
const living: Domain[] = [];
const emitAsBefore = process.emit;

export class Domain {
  readonly onerror: OnError;
  /** Undefined: it is of no test. */
  readonly of: Running | undefined;

  constructor(onerror: OnError) {
    this.onerror = onerror;
    // Tap makes it within an asynchronous resource of its own, which knows its test.
    this.of = (executionAsyncResource() as { test?: Running }).test;
    living.push(this);
    if (living.length > 1) return;
    process.on('uncaughtExceptionMonitor', onException);
    process.emit = emit as typeof process.emit;
  }

  destroy(): void {
    const place = living.lastIndexOf(this);
    if (place === -1) return;
    living.splice(place, 1);
    if (living.length > 0) return;
    process.removeListener('uncaughtExceptionMonitor', onException);
    process.emit = emitAsBefore;
  }
}

function onException(error: unknown, kind: string): void {
  // It ends the process unless somebody takes it, this time only.
  if (isTold(error, kind))
    process.setUncaughtExceptionCaptureCallback(() => process.setUncaughtExceptionCaptureCallback(null));
}

/** Rejections are heard without being a listener: where the test has one, it is his. */
function emit(this: typeof process, event: string, ...args: unknown[]): boolean {
  const is_ours = event === 'unhandledRejection' && process.listenerCount('unhandledRejection') === 0;
  if (is_ours) return isTold(args[0], event);
  return Reflect.apply(emitAsBefore, process, [event, ...args]);
}

/** Of the innermost test that runs and can take an error. */
function ofRunning(): Domain | undefined {
  let found = living[0];
  for (let test: Running | null | undefined = found?.of; test !== undefined && test !== null; test = test.occupied) {
    found = living.find(({ of }) => of === test) ?? found;
  }
  return found;
}

/** Whether a test was told. One that cannot take the error ends, and the next one around it is told. */
function isTold(error: unknown, kind: string): boolean {
  if (process.hasUncaughtExceptionCaptureCallback() || process.listenerCount('uncaughtException') > 0) return false;
  const domain = ofRunning();
  if (domain === undefined) return false;
  try {
    domain.onerror(error, kind);
    return true;
  } catch (thrown) {
    domain.destroy();
    if (isTold(thrown, kind)) return true;
    throw thrown;
  }
}
