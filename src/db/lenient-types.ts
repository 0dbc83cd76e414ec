// How the hot statements read instants and integers. Elsewhere a value that cannot be held exactly is a fault (pool.ts);
// here it would spoil the answers of everybody who is asked about in the same statement, so it becomes an invalid value,
// and facts/decode.ts turns that into a deny for the one object that has it (F3).

import pg from 'pg';

const { builtins } = pg.types;
const INT8_ARRAY = 1016;
const TEXT_ARRAY = 1009;

function readIntegers(text: string): number[] {
  const elements: unknown = pg.types.getTypeParser(TEXT_ARRAY as typeof builtins.TEXT)(text);
  return Array.isArray(elements) ? elements.map(Number) : [];
}

/** As PostgreSQL prints an instant of the years 0001 to 9999 in a session of UTC; the driver's own parser takes ten times longer. */
function isPlain(text: string): boolean {
  return text.length <= 29 && text[4] === '-' && text[10] === ' ' && text.endsWith('+00');
}

/** The instant; an invalid one where the text is none that JavaScript can hold. */
function readInstant(text: string): Date {
  if (isPlain(text)) return new Date(`${text.slice(0, 10)}T${text.slice(11, -3)}Z`);
  const value: unknown = pg.types.getTypeParser(builtins.TIMESTAMPTZ)(text);
  return value instanceof Date ? value : new Date(Number.NaN);
}

/** The same in the form in which JSON has it. */
export function readLenientInstant(text: string): Date {
  if (text.length <= 32 && text[4] === '-' && text[10] === 'T' && text.endsWith('+00:00')) return new Date(text);
  return readInstant(text.replace('T', ' '));
}

const getTypeParser: typeof pg.types.getTypeParser = (oid: number, format?: 'text' | 'binary') => {
  if (format !== 'binary' && oid === builtins.TIMESTAMPTZ) return readInstant;
  if (format !== 'binary' && oid === builtins.INT8) return Number;
  if (format !== 'binary' && oid === INT8_ARRAY) return readIntegers;
  return pg.types.getTypeParser(oid, format);
};

export const LENIENT_TYPES = { getTypeParser };
