// Strict JSON: one linear pass over a text. Stricter than JSON.parse where leniency would let two readers see two different
// texts, or the database another one than was checked (threats T2, bug classes 18, 24, 26).
//
// `syntax`: a byte order mark (RFC 8259 forbids to send one), bad syntax, a member that occurs twice in one object, nesting
// that is too deep. `value`: text with a lone surrogate or NUL, a number that is no finite double or an integer that a double
// cannot hold exactly.
// A member named `__proto__` is an own member like any other: the schema refuses it, nothing is polluted.

/** What is wrong, where. The message never tells the content. */
export type JsonFault = {
  readonly kind: 'syntax' | 'value';
  readonly message: string;
  /** Characters before it. */
  readonly at: number;
  /** The members and indexes that lead there. */
  readonly path: readonly (string | number)[];
};

export type JsonOptions = {
  readonly depth_max: number;
  /** Numbers that a double cannot hold exactly are taken as they can be: where no number is ever looked at. */
  readonly any_number?: boolean;
  /** Is told where each value begins. */
  readonly onValue?: (path: readonly (string | number)[], at: number) => void;
};

type State = {
  readonly text: string;
  readonly options: JsonOptions;
  at: number;
  depth: number;
  readonly path: (string | number)[];
  fault: JsonFault | null;
};

const NUMBER = /-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?/y;
const FOUR_HEX = /[0-9a-fA-F]{4}/y;
const ESCAPES: Readonly<Record<string, string>> = {
  '"': '"',
  '\\': '\\',
  '/': '/',
  b: '\b',
  f: '\f',
  n: '\n',
  r: '\r',
  t: '\t',
};

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const FIRST_PRINTABLE = 0x20;

/** The value that the text stands for, or why it is none. */
export function readJsonText(
  text: string,
  options: JsonOptions,
): { readonly value: unknown } | { readonly fault: JsonFault } {
  const state: State = { text, options, at: 0, depth: 0, path: [], fault: null };
  try {
    return { value: parseDocument(state) };
  } catch (error) {
    if (state.fault === null) throw error;
    return { fault: state.fault };
  }
}

function parseDocument(state: State): unknown {
  if (state.text.startsWith('\uFEFF')) throw malformed(state, 'The body begins with a byte order mark');
  skipBlanks(state);
  const value = parseValue(state);
  skipBlanks(state);
  if (state.at < state.text.length) throw syntax(state);
  return value;
}

function parseValue(state: State): unknown {
  state.options.onValue?.(state.path, state.at);
  switch (state.text[state.at]) {
    case '{':
      return parseObject(state);
    case '[':
      return parseArray(state);
    case '"':
      return parseText(state);
    case 't':
      return parseWord(state, 'true', true);
    case 'f':
      return parseWord(state, 'false', false);
    case 'n':
      return parseWord(state, 'null', null);
    default:
      return parseNumber(state);
  }
}

function parseObject(state: State): Record<string, unknown> {
  enter(state);
  const object: Record<string, unknown> = {};
  if (state.text[state.at] === '}') return leave(state, object);
  for (;;) {
    if (state.text[state.at] !== '"') throw syntax(state);
    const name = parseText(state);
    if (Object.hasOwn(object, name)) throw malformed(state, 'A member occurs twice in one object');
    skipBlanks(state);
    expect(state, ':');
    skipBlanks(state);
    state.path.push(name);
    setOwn(object, name, parseValue(state));
    state.path.pop();
    skipBlanks(state);
    if (state.text[state.at] === '}') return leave(state, object);
    expect(state, ',');
    skipBlanks(state);
  }
}

function parseArray(state: State): unknown[] {
  enter(state);
  const array: unknown[] = [];
  if (state.text[state.at] === ']') return leave(state, array);
  for (;;) {
    state.path.push(array.length);
    array.push(parseValue(state));
    state.path.pop();
    skipBlanks(state);
    if (state.text[state.at] === ']') return leave(state, array);
    expect(state, ',');
    skipBlanks(state);
  }
}

function parseText(state: State): string {
  const { text } = state;
  const start = state.at + 1;
  for (let at = start; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (code === QUOTE) {
      state.at = at + 1;
      return text.slice(start, at);
    }
    if (code === BACKSLASH) return parseEscapedText(state, start, at);
    if (code < FIRST_PRINTABLE) break;
  }
  throw syntax(state);
}

/** The rest of a text whose first escape is at `firstEscape`. Only escapes can spell NUL and lone surrogates. */
function parseEscapedText(state: State, start: number, firstEscape: number): string {
  const { text } = state;
  let value = text.slice(start, firstEscape);
  state.at = firstEscape;
  for (;;) {
    const code = text.charCodeAt(state.at);
    if (code === QUOTE) break;
    if (code === BACKSLASH) {
      value += parseEscape(state);
      continue;
    }
    const from = state.at;
    while (state.at < text.length && isPlain(text.charCodeAt(state.at))) state.at++;
    if (state.at === from) throw syntax(state);
    value += text.slice(from, state.at);
  }
  state.at++;
  if (!value.isWellFormed()) throw unacceptable(state, 'must not contain a lone surrogate');
  if (value.includes('\0')) throw unacceptable(state, 'must not contain NUL');
  return value;
}

function parseEscape(state: State): string {
  const letter = state.text[state.at + 1] ?? '';
  const plain = ESCAPES[letter];
  if (plain !== undefined) {
    state.at += 2;
    return plain;
  }
  FOUR_HEX.lastIndex = state.at + 2;
  const hex = letter === 'u' ? FOUR_HEX.exec(state.text)?.[0] : undefined;
  if (hex === undefined) throw syntax(state);
  state.at += 6;
  return String.fromCharCode(Number.parseInt(hex, 16));
}

function parseNumber(state: State): number {
  NUMBER.lastIndex = state.at;
  const digits = NUMBER.exec(state.text)?.[0];
  if (digits === undefined) throw syntax(state);
  state.at += digits.length;
  const value = Number(digits);
  const exact = Number.isFinite(value) && (!Number.isInteger(value) || Number.isSafeInteger(value));
  if (!exact && state.options.any_number !== true) throw unacceptable(state, 'must be a number of at most 2^53 - 1');
  return value;
}

function parseWord<Value>(state: State, word: string, value: Value): Value {
  if (!state.text.startsWith(word, state.at)) throw syntax(state);
  state.at += word.length;
  return value;
}

/** An assignment to `__proto__` would set the prototype; every other name is an ordinary member. */
function setOwn(object: Record<string, unknown>, name: string, value: unknown): void {
  if (name === '__proto__') {
    Object.defineProperty(object, name, { value, writable: true, enumerable: true, configurable: true });
  } else {
    object[name] = value;
  }
}

function enter(state: State): void {
  state.depth++;
  const { depth_max } = state.options;
  if (state.depth > depth_max) throw malformed(state, `The body is nested deeper than ${depth_max}`);
  state.at++;
  skipBlanks(state);
}

function leave<Value>(state: State, value: Value): Value {
  state.depth--;
  state.at++;
  return value;
}

function expect(state: State, sign: string): void {
  if (state.text[state.at] !== sign) throw syntax(state);
  state.at++;
}

function skipBlanks(state: State): void {
  while (isBlank(state.text.charCodeAt(state.at))) state.at++;
}

function isBlank(code: number): boolean {
  return code === 0x20 || code === 0x0a || code === 0x0d || code === 0x09;
}

function isPlain(code: number): boolean {
  return code !== QUOTE && code !== BACKSLASH && code >= FIRST_PRINTABLE;
}

function syntax(state: State): Error {
  return malformed(state, `Problems parsing JSON near position ${state.at}`);
}

function malformed(state: State, message: string): Error {
  return stop(state, 'syntax', message);
}

function unacceptable(state: State, message: string): Error {
  return stop(state, 'value', message);
}

/** Ends the reading: the fault is in the state, the error only carries control out of the recursion. */
function stop(state: State, kind: JsonFault['kind'], message: string): Error {
  state.fault = { kind, message, at: state.at, path: [...state.path] };
  return new Error(message);
}
