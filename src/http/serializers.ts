// How answers are written: by functions that are compiled from the response schemas, so that what is not declared is not
// sent. Compiling takes longer than everything else at the start, so a schema is compiled once a process, however many
// applications it has (tests have hundreds).

import { SerializerSelector } from '@fastify/fast-json-stringify-compiler';

type Factory = ReturnType<typeof SerializerSelector>;
type Compiled = ReturnType<ReturnType<Factory>>;

/** By the shared schemas, then by the schema itself. */
const COMPILED = new Map<string, Map<string, Compiled>>();

function memoryOf(shared: unknown): Map<string, Compiled> {
  const text = JSON.stringify(shared);
  const memory = COMPILED.get(text) ?? new Map<string, Compiled>();
  COMPILED.set(text, memory);
  return memory;
}

/** Fastify's own compiler with a memory. */
export const buildSerializer: Factory = (shared, options) => {
  const compile = SerializerSelector()(shared, options);
  const memory = memoryOf(shared);
  return (route) => {
    const text = JSON.stringify(route.schema);
    const compiled = memory.get(text) ?? compile(route);
    memory.set(text, compiled);
    return compiled;
  };
};
