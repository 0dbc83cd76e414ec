// What follows from an immutable value alone is worked out once for each, and forgotten with it.

/** The same function, which works out its answer once for each value. The value must never change. */
export function onceFor<Value extends object, Answer>(work: (value: Value) => Answer): (value: Value) => Answer {
  const known = new WeakMap<Value, { readonly answer: Answer }>();
  return (value) => {
    const found = known.get(value);
    if (found !== undefined) return found.answer;
    const answer = work(value);
    known.set(value, { answer });
    return answer;
  };
}
