// How many may be inside at once; who comes later waits in line, for so long at most.

import { StorageUnavailable } from '../domain/fault.ts';

export type Turnstile = {
  /** Answers when there is room, with what is to be called on leaving, once. Faults: StorageUnavailable. */
  readonly enter: () => Promise<() => void>;
  readonly waiting: () => number;
};

export type TurnstileParts = {
  readonly room: number;
  readonly wait_ms_max: number;
  /** So many may wait; who comes later still is sent away at once. */
  readonly waiting_max: number;
};

export function openTurnstile({ room, wait_ms_max, waiting_max }: TurnstileParts): Turnstile {
  let inside = 0;
  const line = new Set<() => void>();

  function leave(): void {
    const [next] = line;
    if (next === undefined) inside -= 1;
    else next();
  }

  function leaveOnce(): () => void {
    let is_gone = false;
    return () => {
      if (is_gone) return;
      is_gone = true;
      leave();
    };
  }

  async function enter(): Promise<() => void> {
    if (inside < room) {
      inside += 1;
      return leaveOnce();
    }
    if (line.size >= waiting_max) throw new StorageUnavailable('too much waits for a connection');
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        line.delete(next);
        reject(new StorageUnavailable(new Error('no connection became free in time')));
      }, wait_ms_max);
      const next = (): void => {
        clearTimeout(timer);
        line.delete(next);
        resolve(leaveOnce());
      };
      line.add(next);
    });
  }

  return { enter, waiting: () => line.size };
}
