// One value of the database that many questions share (the catalogue, the signing keys): loaded when it is first asked for, and kept
// while no commit of which this node has heard has touched it, and it has heard of all up to a moment ago (freshness.ts).

import type { ChangeKind } from '../db/changes.ts';
import type { Freshness } from './freshness.ts';
import type { Outage } from './outage.ts';

/** Who asks may join a load that began so long ago at the most: well within every bound. */
const JOINED_MS_MAX = 200;

export type KeptParts<Value> = {
  readonly freshness: Freshness;
  /** What touches it. */
  readonly kind: ChangeKind;
  readonly load: () => Promise<Value>;
  readonly monotonic_ms: () => number;
  /** Nothing is kept: every question is asked of the database. */
  readonly is_fenced: boolean;
  /** Whether the last value may be used while the database cannot be reached; null: it may not. */
  readonly outage: Outage | null;
};

export type Kept<Value> = {
  /** Faults: those of `load`. */
  readonly current: () => Promise<Value>;
  /** The same, where it is known without asking; null: it has to be asked for. */
  readonly known: () => Value | null;
  /** To be called where it was changed: whoever asks from now on gets the new one. */
  readonly forget: () => void;
};

export function keepValue<Value>(parts: KeptParts<Value>): Kept<Value> {
  const { freshness, kind, load, monotonic_ms, is_fenced, outage } = parts;
  let value: { readonly is: Value } | null = null;
  let flight: { readonly began: number; readonly loading: Promise<Value> } | null = null;

  function forget(): void {
    value = null;
    flight = null;
  }
  freshness.listen((changes) => {
    if (changes.some((each) => each.kind === kind || each.kind === 'everything')) forget();
  });

  /** What was touched while it was loaded is for who asked, and for nobody after him. */
  function begin(): Promise<Value> {
    const begun = { began: monotonic_ms(), loading: load() };
    flight = begun;
    begun.loading.then(
      (is) => {
        if (flight !== begun) return;
        value = { is };
        flight = null;
      },
      () => {
        if (flight === begun) flight = null;
      },
    );
    return begun.loading;
  }

  function ask(): Promise<Value> {
    return flight !== null && monotonic_ms() - flight.began < JOINED_MS_MAX ? flight.loading : begin();
  }

  const known = (): Value | null => (value !== null && freshness.isFresh() ? value.is : null);
  return {
    known: () => (is_fenced ? null : known()),
    current: async () => {
      if (is_fenced) return load();
      return known() ?? (outage === null ? ask() : outage.ask(ask, () => value?.is ?? null));
    },
    forget,
  };
}
