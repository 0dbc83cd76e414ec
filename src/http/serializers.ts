// How answers are written: by functions that are compiled from the response schemas, so that what is not declared is not
// sent. Compiling them all takes longer than everything else at the start, so each is compiled when it is first needed, and
// once a process, however many applications it has (tests have hundreds).

import { SerializerSelector } from '@fastify/fast-json-stringify-compiler';

type Factory = ReturnType<typeof SerializerSelector>;
type Write = ReturnType<ReturnType<Factory>>;

/** By the shared schemas, then by the schema itself. */
const COMPILED = new Map<string, Map<string, Write>>();

/** The same by the object that has the shared schemas: an application has one, and it is long as text. */
const OF_SHARED = new WeakMap<object, Map<string, Write>>();

function memoryOf(shared: object): Map<string, Write> {
  const known = OF_SHARED.get(shared) ?? memoryOfText(JSON.stringify(shared));
  OF_SHARED.set(shared, known);
  return known;
}

function memoryOfText(text: string): Map<string, Write> {
  const memory = COMPILED.get(text) ?? new Map<string, Write>();
  COMPILED.set(text, memory);
  return memory;
}

/** Fastify's own compiler with a memory. */
export const buildSerializer: Factory = (shared, options) => (route) => {
  let write: Write | undefined;
  return (data) => {
    write ??= compiled();
    return write(data);
  };

  function compiled(): Write {
    const memory = memoryOf(shared as object);
    const text = JSON.stringify(route.schema);
    const known = memory.get(text) ?? SerializerSelector()(shared, options)(route);
    memory.set(text, known);
    return known;
  }
};

const ALONE = new WeakMap<object, Write>();

/** The function that writes answers of this schema, which refers to these others by their names. Compiled as those above are. */
export function serializerOf(schema: object, others: Readonly<Record<string, object>> = {}): (data: unknown) => string {
  let write: Write | undefined;
  const compiled = (): Write => {
    const found = ALONE.get(schema);
    if (found !== undefined) return found;
    const made = SerializerSelector()({ ...others }, {})({ schema, method: '', url: '', httpStatus: '200' });
    ALONE.set(schema, made);
    return made;
  };
  return (data) => {
    write ??= compiled();
    return write(data);
  };
}
