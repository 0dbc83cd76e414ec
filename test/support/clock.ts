// A clock that a test sets. It begins at the present moment and goes only forward, because rules go by the clock that is
// ahead, the process's or the database's.

export function settableClock() {
  const begun = new Date(Math.ceil(Date.now() / 1000) * 1000 + 60_000);
  let now = begun;
  return {
    begun,
    clock: () => now,
    /** So many days, and seconds, after the beginning. */
    setTo: (days: number, seconds = 0) => {
      now = new Date(begun.getTime() + days * 86_400_000 + seconds * 1000);
    },
  };
}
