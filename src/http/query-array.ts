// Texts of a query string or a path as the types that the route's schema declares. Own code in place of ajv's coercion,
// which takes ` 1`, `1e3` and `0x10` for integers: here a number has one spelling. Arrays come as a=1&a=2, a[]=1&a[]=2
// and a=1,2 (contract 1). What cannot be read as declared stays text, and the schema refuses it.

type Property = { readonly type?: string; readonly items?: Property; readonly default?: unknown };
type Parts = Readonly<Record<string, unknown>>;

const CANONICAL_INTEGER = /^(?:0|-?[1-9][0-9]*)$/;

/** The declared members, converted; those that the schema does not declare are left out. */
export function readTexts(schema: {
  readonly properties?: Readonly<Record<string, Property>>;
}): (parts: Parts) => Parts {
  const declared = Object.entries(schema.properties ?? {});
  return (parts) => {
    const read: Record<string, unknown> = {};
    for (const [name, property] of declared) {
      const value = property.type === 'array' ? readList(parts, name, property) : readOne(parts[name], property);
      if (value !== undefined) read[name] = value;
    }
    return read;
  };
}

function readList(parts: Parts, name: string, property: Property): unknown[] | undefined {
  const given = [parts[name], parts[`${name}[]`]].flat().filter((value) => typeof value === 'string');
  if (given.length === 0) return undefined;
  const texts = given.flatMap((text) => text.split(',')).filter((text) => text !== '');
  return texts.map((text) => readOne(text, property.items ?? {}));
}

function readOne(value: unknown, property: Property): unknown {
  if (typeof value !== 'string') return value;
  if (property.type === 'integer' && CANONICAL_INTEGER.test(value)) return readInteger(value, property);
  if (property.type === 'boolean' && (value === 'true' || value === 'false')) return value === 'true';
  return value;
}

/** One that is too large to be told exactly is the largest of amounts (which have a default), and nothing's name. */
function readInteger(text: string, property: Property): unknown {
  const number = Number(text);
  if (Number.isSafeInteger(number)) return number;
  return number > 0 && property.default !== undefined ? Number.MAX_SAFE_INTEGER : text;
}
